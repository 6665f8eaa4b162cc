package spelling

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"airdock.dev/airdock/protocol"
)

func TestEngine(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/engine.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		Name        string
		Given, Want json.RawMessage
		Error       string
	}
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		got, err := Engine(decoded(t, string(row.Given), &protocol.Engine{}))
		if row.Error != "" {
			if err == nil || !strings.Contains(err.Error(), row.Error) {
				t.Errorf("%s: got %v, want an error with %q", row.Name, err, row.Error)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", row.Name, err)
			continue
		}
		want := decoded(t, string(row.Want), &protocol.Engine{})
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Errorf("%s:\n%s", row.Name, diff)
		}
	}
}

// TestEngineOwnFields win over what is spelled otherwise.
func TestEngineOwnFields(t *testing.T) {
	t.Parallel()
	given := decoded(t, `{"hosts": ["tcp://own:1"], "timeout": "9s", "parameters": {"timeout": 5, "tls_ca_cert": "/ca"}}`, &protocol.Engine{})
	got, err := Engine(given)
	if err != nil {
		t.Fatal(err)
	}
	want := decoded(t, `{"hosts": ["tcp://own:1"], "timeout": "9s", "tls": {"ca": {"written": "/ca"}}}`, &protocol.Engine{})
	if diff := cmp.Diff(want, got, protocmp.Transform(), protocmp.IgnoreFields(&protocol.Engine{}, "environment")); diff != "" {
		t.Error(diff)
	}
}

// TestTableEngineParameters compares what operators have with what is read here.
func TestTableEngineParameters(t *testing.T) {
	t.Parallel()
	given := map[string]any{}
	for _, name := range sent(t, "engine") {
		if name != "airdock_conn_id" { // the shim looks it up
			given[name] = "1"
		}
	}
	p := &parameters{given: given}
	readEngine(p, &protocol.Engine{})
	setChecks(p, &protocol.Engine{})
	p.err = nil
	if err := p.end(); err != nil {
		t.Error(err)
	}
}
