package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"airdock.dev/airdock/cmd/devengine/internal/engine"
	"airdock.dev/airdock/cmd/devengine/internal/folder"
	"airdock.dev/airdock/cmd/devengine/internal/image"
	"airdock.dev/airdock/cmd/devengine/internal/registry"
)

// report is what status tells.
type report struct {
	Folder   string        `json:"folder"`
	Running  bool          `json:"running"`
	Problem  string        `json:"problem,omitempty"`
	Mode     string        `json:"mode,omitempty"`
	Address  string        `json:"address,omitempty"`
	CertPath string        `json:"cert_path,omitempty"`
	Version  string        `json:"engine_version,omitempty"`
	API      string        `json:"api_version,omitempty"`
	Network  string        `json:"network,omitempty"`
	Registry string        `json:"registry,omitempty"`
	Images   []string      `json:"images,omitempty"`
	Upstream bool          `json:"upstream"`
	Parts    []engine.Part `json:"parts,omitempty"`
}

func newStatus() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Tell whether the engine runs; exit code 0 when it does, 3 when not",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := cmd.Flags().GetString("dir")
			if err != nil {
				return err
			}
			found, err := look(cmd.Context(), dir, speaker(cmd))
			if err != nil {
				return err
			}
			if err := found.print(cmd.OutOrStdout(), asJSON); err != nil {
				return err
			}
			if !found.Running {
				return exitError(notRunning)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// look asks everything anew; the state only says where.
func look(ctx context.Context, dir string, say sayer) (*report, error) {
	f, state, err := folder.Peek(dir)
	if err != nil {
		return nil, err
	}
	found := &report{Folder: f.Path}
	if state == nil || state.Mode == "" {
		found.Problem = "no engine was brought up in this folder"
		return found, nil
	}
	found.Mode = state.Mode
	found.Address = engine.Address(state.Port)
	found.CertPath = f.File("certs", "client")
	found.Upstream = state.Images.Upstream
	if state.Dind != nil {
		found.Network = state.Dind.Network
	}
	running, err := kindOf(f, state, say)
	if err != nil {
		return nil, err
	}
	defer running.Close()
	if found.Parts, err = running.Parts(ctx); err != nil {
		found.Problem = err.Error()
		return found, nil
	}
	if err := found.ask(ctx, running); err != nil {
		found.Problem = err.Error()
		return found, nil
	}
	found.askRegistry(ctx, state)
	found.Running = found.Problem == ""
	return found, nil
}

func (r *report) ask(ctx context.Context, running kind) error {
	for _, part := range r.Parts {
		if !part.Running {
			return fmt.Errorf("%s %s does not run; `devengine up` repairs it", part.Name, part.ID)
		}
	}
	api, err := running.Connect()
	if err != nil {
		return err
	}
	defer func() { _ = api.Close() }()
	if err := engine.Ping(ctx, api); err != nil {
		return err
	}
	version, err := api.ServerVersion(ctx)
	if err != nil {
		return err
	}
	r.Version, r.API = version.Version, version.APIVersion
	return nil
}

func (r *report) askRegistry(ctx context.Context, state *folder.State) {
	mirror := registry.Local(state.RegistryPort)
	r.Registry = mirror.Address
	if err := mirror.Ping(ctx); err != nil {
		r.Problem = "the registry does not answer: " + err.Error()
		return
	}
	for _, recipe := range image.Base() {
		if there, err := mirror.Has(ctx, recipe.Repository, recipe.Tag); err == nil && there {
			r.Images = append(r.Images, recipe.Reference())
		}
	}
}

func (r *report) print(to io.Writer, asJSON bool) error {
	if asJSON {
		encoder := json.NewEncoder(to)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r)
	}
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	line := func(name, value string) {
		if value != "" {
			_, _ = fmt.Fprintf(table, "%s\t%s\n", name, value)
		}
	}
	state := "running"
	if !r.Running {
		state = "not running"
	}
	line("engine", state)
	line("problem", r.Problem)
	line("folder", r.Folder)
	line("mode", r.Mode)
	line("address", r.Address)
	line("certificates", r.CertPath)
	if r.Version != "" {
		line("version", r.Version+" (API "+r.API+")")
	}
	line("network", r.Network)
	line("registry", r.Registry)
	images := strings.Join(r.Images, ", ")
	if images == "" && r.Upstream {
		images = "pulled from upstream"
	}
	line("base images", images)
	for _, part := range r.Parts {
		state := ""
		if !part.Running {
			state = " (not running)"
		}
		line(part.Name, part.ID+state)
	}
	return table.Flush()
}
