// Package e2e has the scenarios on a real engine: each tells in sentences what a
// user of the command line sees, and looks at the engine for what is left. They
// run with AIRDOCK_TEST_ENGINE=1, on the engine of DOCKER_HOST, and then fail
// when that does not answer.
package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/docker/docker/client"
)

const envEngine = "AIRDOCK_TEST_ENGINE"

func TestMain(m *testing.M) {
	if os.Getenv(envEngine) == "" {
		fmt.Println("the scenarios on a real engine are switched off; " + envEngine + "=1 switches them on")
		os.Exit(0)
	}
	os.Exit(runScenarios(m))
}

// runScenarios builds the binaries and puts them first on the PATH.
func runScenarios(m *testing.M) int {
	folder, err := os.MkdirTemp("", "airdock-bin")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	// A scenario runs the command as another user.
	if err := os.Chmod(folder, 0o755); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	build := exec.Command("go", "build", "-o", folder, "../cmd/airdock", "../cmd/airdock-plugin")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build the binaries:", err)
		return 1
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if _, err := engineAPI().Ping(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "the engine of", os.Getenv("DOCKER_HOST"), "does not answer:", err)
		return 1
	}
	_ = os.Setenv("PATH", folder+string(filepath.ListSeparator)+os.Getenv("PATH"))
	// Scenarios mostly wait for containers, so that more of them than there are
	// cores run side by side.
	flag.Parse()
	if given := flag.Lookup("test.parallel"); given.Value.String() == given.DefValue {
		_ = flag.Set("test.parallel", "8")
	}
	return m.Run()
}

// engineAPI is the test's own client, to look at what airdock did.
var engineAPI = sync.OnceValue(func() *client.Client {
	api, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		panic(err)
	}
	return api
})
