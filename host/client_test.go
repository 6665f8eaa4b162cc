package host

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"airdock.dev/airdock/protocol"
)

func TestClientRun(t *testing.T) {
	t.Parallel()
	client := start(t, "healthy")
	var kinds []string
	exit, err := client.Run(t.Context(), &protocol.RunRequest{}, func(event *protocol.Event) error {
		switch {
		case event.GetStarted() != nil:
			kinds = append(kinds, "started")
		case event.GetOutput() != nil:
			kinds = append(kinds, string(event.GetOutput().GetData()))
		default:
			kinds = append(kinds, "another")
		}
		return nil
	})
	if err != nil || exit.GetExitCode() != 7 {
		t.Errorf("exit %+v, %v", exit, err)
	}
	if want := []string{"started", "hello\n"}; !slices.Equal(kinds, want) {
		t.Errorf("events %q, want %q", kinds, want)
	}
	info, err := client.Info(t.Context(), &protocol.InfoRequest{})
	if err != nil || info.GetVersion() != "28.0" {
		t.Errorf("info %+v, %v", info, err)
	}
	stopped, err := client.Stop(t.Context(), &protocol.StopRequest{Key: "k"})
	if err != nil || len(stopped.GetContainers()) != 1 {
		t.Errorf("stopped %+v, %v", stopped, err)
	}
}

// TestClientNoFinalEvent: an outcome that is missing, or is that of another
// call, is never a success.
func TestClientNoFinalEvent(t *testing.T) {
	t.Parallel()
	for _, which := range []string{"no-final", "wrong-final"} {
		client := start(t, which)
		if exit, err := client.Run(t.Context(), &protocol.RunRequest{}, nil); !errors.Is(err, ErrNoFinalEvent) {
			t.Errorf("%s: run gives %v, %v", which, exit, err)
		}
		if info, err := client.Info(t.Context(), &protocol.InfoRequest{}); !errors.Is(err, ErrNoFinalEvent) {
			t.Errorf("%s: info gives %v, %v", which, info, err)
		}
	}
}

func TestClientFailure(t *testing.T) {
	t.Parallel()
	client := start(t, "fails")
	_, ofRun := client.Run(t.Context(), &protocol.RunRequest{}, nil)
	_, ofInfo := client.Info(t.Context(), &protocol.InfoRequest{})
	_, ofStop := client.Stop(t.Context(), &protocol.StopRequest{})
	_, late := start(t, "fails-late").Run(t.Context(), &protocol.RunRequest{}, nil)
	for call, err := range map[string]error{"run": ofRun, "info": ofInfo, "stop": ofStop, "run, late": late} {
		var failure *protocol.Failure
		if !errors.As(err, &failure) || failure.Kind != protocol.ErrorKind_NAME_IN_USE || err.Error() != "taken" {
			t.Errorf("%s: %v", call, err)
		}
	}
}

// TestClientPluginDies: what is broken is the plugin, and not the engine.
func TestClientPluginDies(t *testing.T) {
	t.Parallel()
	client := start(t, "dies")
	quickly(t, "a call of a plugin that dies", 5*time.Second, func() {
		_, err := client.Run(t.Context(), &protocol.RunRequest{}, nil)
		if status.Code(err) != codes.Unavailable || protocol.FromError(err) != nil {
			t.Errorf("got %v", err)
		}
	})
	quickly(t, "closing it", time.Second, client.Close)
}

// TestClientEachFails: the error of each ends the call and is what the caller
// gets.
func TestClientEachFails(t *testing.T) {
	t.Parallel()
	client := start(t, "endless")
	full := errors.New("disk is full")
	_, err := client.Run(t.Context(), &protocol.RunRequest{}, func(*protocol.Event) error { return full })
	if !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

// TestClientLargeMessages: a request and an event of more than gRPC's usual
// 4 MiB.
func TestClientLargeMessages(t *testing.T) {
	t.Parallel()
	const size = 8 << 20
	client, got := start(t, "size"), 0
	request := &protocol.RunRequest{Files: []*protocol.File{{Path: "/x", Source: &protocol.File_Content{Content: make([]byte, size)}}}}
	_, err := client.Run(t.Context(), request, func(event *protocol.Event) error {
		got += len(event.GetOutput().GetData())
		return nil
	})
	if err != nil || got != size {
		t.Errorf("%d bytes, %v", got, err)
	}
}

// TestClientEnvironment: the plugin sees what it needs and nothing that belongs
// to Airflow or to another program.
func TestClientEnvironment(t *testing.T) {
	t.Setenv("AIRFLOW__CORE__FERNET_KEY", "secret")
	t.Setenv("DOCKER_HOST", "tcp://somewhere:2376")
	t.Setenv("DOCKER_CONFIG", "/docker-config")
	t.Setenv(protocol.EnvProfile, "/profiles")
	client := start(t, "environment")
	var seen string
	_, err := client.Run(t.Context(), &protocol.RunRequest{}, func(event *protocol.Event) error {
		seen += string(event.GetOutput().GetData()) + "\n"
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, must := range []string{"DOCKER_CONFIG=/docker-config", protocol.EnvProfile + "=/profiles", protocol.EnvWatchFD + "=3", protocol.EnvToken + "=-", "PATH=", protocol.EnvLogLevel + "="} {
		if !strings.Contains(seen, must) {
			t.Errorf("%s is not in the plugin's environment", must)
		}
	}
	for _, never := range []string{"AIRFLOW__", "DOCKER_HOST=", "secret"} {
		if strings.Contains(seen, never) {
			t.Errorf("%s is in the plugin's environment", never)
		}
	}
}

// TestClientClose ends the plugin at once when nothing is under way, with a kill
// when it must, and harmlessly when it is called again.
func TestClientClose(t *testing.T) {
	t.Parallel()
	t.Run("at once", func(t *testing.T) {
		t.Parallel()
		client := start(t, "healthy")
		quickly(t, "closing", 2*time.Second, client.Close)
		if !client.process.Exited() {
			t.Error("the plugin still runs")
		}
		quickly(t, "closing again", time.Second, client.Close)
	})
	t.Run("with a kill", func(t *testing.T) {
		t.Parallel()
		client := start(t, "stubborn")
		quickly(t, "closing", closeTimeout+5*time.Second, client.Close)
		if !client.process.Exited() {
			t.Error("the plugin still runs")
		}
	})
}

func TestStartFails(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{
		"no such file":     filepath.Join(t.TempDir(), "nope"),
		"a folder":         t.TempDir(),
		"no plugin at all": pathOf(t, "talks"),
	} {
		quickly(t, name, 5*time.Second, func() {
			client, err := Start(path, hclog.NewNullLogger())
			if err == nil {
				client.Close()
				t.Errorf("%s: it started", name)
			} else if !strings.Contains(err.Error(), path) {
				t.Errorf("%s: %q does not name the plugin", name, err)
			}
		})
	}
}

func TestFind(t *testing.T) {
	folder := t.TempDir()
	plugin := filepath.Join(folder, binaryName)
	if err := os.WriteFile(plugin, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder)
	if got, err := Find(); err != nil || got != plugin {
		t.Errorf("on the PATH: %q, %v", got, err)
	}
	named := filepath.Join(t.TempDir(), "another")
	if err := os.WriteFile(named, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv(EnvPlugin, named)
	if got, err := Find(); err != nil || got != named {
		t.Errorf("by %s: %q, %v", EnvPlugin, got, err)
	}
	t.Setenv(EnvPlugin, filepath.Join(folder, "nope"))
	if got, err := Find(); err == nil || !strings.Contains(err.Error(), EnvPlugin) {
		t.Errorf("by %s, not there: %q, %v", EnvPlugin, got, err)
	}
	t.Setenv(EnvPlugin, "")
	t.Setenv("PATH", t.TempDir())
	if got, err := Find(); err == nil || !strings.Contains(err.Error(), "make build") {
		t.Errorf("nowhere: %q, %v", got, err)
	}
}
