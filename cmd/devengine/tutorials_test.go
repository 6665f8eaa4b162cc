//go:build dind

package main

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// plan prints each task of each DAG behind its file, in the order of the
// dependencies. A mapped task cannot be run alone, so that its DAG is one line.
const (
	whole = "whole"
	plan  = `
import pathlib
from airflow.dag_processing.dagbag import DagBag
bag = DagBag("/opt/airflow/dags")
assert not bag.import_errors, bag.import_errors
for dag in bag.dags.values():
    tasks = dag.topological_sort()
    mapped = any(task.is_mapped for task in tasks)
    for name in ["whole"] if mapped else [task.task_id for task in tasks]:
        print("PLAN", pathlib.Path(dag.fileloc).name, dag.dag_id, name)
`
)

// TestTutorialsRunBesideTheirEngine runs every task of the tutorials in
// Airflow's container, on the engine in the container beside it.
func TestTutorialsRunBesideTheirEngine(t *testing.T) {
	d := newDeployment(t)
	d.hasOnlyCertificates()
	var dags []string
	tasks := make(map[string][]string)
	files := make(map[string]bool)
	for line := range strings.Lines(d.airflow("python", "-c", plan)) {
		if fields := strings.Fields(line); len(fields) == 4 && fields[0] == "PLAN" {
			file, dag, task := fields[1], fields[2], fields[3]
			if files[file] = true; !slices.Contains(dags, dag) {
				dags = append(dags, dag)
			}
			tasks[dag] = append(tasks[dag], task)
		}
	}
	there, err := filepath.Glob(filepath.Join(d.root, "dags", "tutorial_*.py"))
	if err != nil || len(there) == 0 {
		t.Fatalf("no tutorials: %v", err)
	}
	for _, file := range there {
		if !files[filepath.Base(file)] {
			t.Errorf("Airflow finds no DAG in %s", file)
		}
	}
	// Two that are the first to write the DAGs to the database would collide.
	d.airflow("airflow", "dags", "reserialize")
	for _, dag := range dags {
		t.Run(dag, func(t *testing.T) {
			t.Parallel()
			for _, task := range tasks[dag] {
				if !t.Run(task, func(t *testing.T) { d.runs(t, dag, task) }) {
					t.Fatalf("the tasks after %s are not tried", task)
				}
			}
		})
	}
}

// airflow runs a command in Airflow's container.
func (d *deployment) airflow(command ...string) string {
	d.t.Helper()
	return d.compose(nil, append([]string{"exec", "-T", "airflow"}, command...)...)
}

// hasOnlyCertificates sees that Airflow's container has no other way to an
// engine than the certificates, and those read-only.
func (d *deployment) hasOnlyCertificates() {
	d.t.Helper()
	id := strings.TrimSpace(d.compose(nil, "ps", "--quiet", "airflow"))
	found, err := d.outer.ContainerInspect(d.ctx, id)
	if err != nil {
		d.t.Fatal(err)
	}
	certificates := false
	for _, mount := range found.Mounts {
		if strings.Contains(mount.Source+mount.Destination, "docker.sock") {
			d.t.Errorf("Airflow's container has %s", mount.Source)
		}
		certificates = certificates || mount.Destination == "/certs/client" && !mount.RW
	}
	if !certificates {
		d.t.Errorf("Airflow's container has no read-only /certs/client: %+v", found.Mounts)
	}
	for _, program := range []string{"docker", "go", "gcc"} {
		if d.airflow("sh", "-c", "command -v "+program+" || echo none") != "none\n" {
			d.t.Errorf("Airflow's container has %s", program)
		}
	}
	say("%s", d.airflow("airdock", "engine", "info"))
}

// runs runs a task, or its whole DAG.
func (d *deployment) runs(t *testing.T, dag, task string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(d.ctx, taskLimit)
	defer cancel()
	test := []string{"tasks", "test", dag, task}
	if task == whole {
		test = []string{"dags", "test", dag}
	}
	begin := time.Now()
	args := d.composed(append([]string{"exec", "-T", "airflow", "airflow"}, test...)...)
	printed, err := command(ctx, nil, filepath.Join(d.tools, "docker-compose"), args...)
	// Airflow 3.3 exits with 0 when a task failed, though not when a DAG did.
	if err == nil && task != whole && !strings.Contains(printed, "new_state=success") {
		err = errors.New("the task failed")
	}
	outcome := "ok"
	if err != nil {
		outcome = "FAILED"
		t.Errorf("airflow %s: %v\n%s", strings.Join(test, " "), err, printed)
	}
	say("%-6s %3.0f s  airflow %s", outcome, time.Since(begin).Seconds(), strings.Join(test, " "))
}
