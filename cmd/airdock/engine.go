package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"airdock.dev/airdock/protocol"
)

// engineFlags are the docker CLI's flags and variables that name an engine.
type engineFlags struct {
	hosts             []string
	tls, tlsVerify    bool
	caCert, cert, key string
	serverName        string
	apiVersion        string
	flags             *pflag.FlagSet
}

const defaultHost = "unix:///var/run/docker.sock"

func (f *engineFlags) register(flags *pflag.FlagSet) {
	f.flags = flags
	flags.StringArrayVarP(&f.hosts, "host", "H", nil, "Engine to connect to; several are tried in order (env DOCKER_HOST)")
	flags.BoolVar(&f.tls, "tls", false, "Use TLS; implied by --tlsverify and by a certificate (env DOCKER_TLS)")
	flags.BoolVar(&f.tlsVerify, "tlsverify", false, "Use TLS and verify the engine (env DOCKER_TLS_VERIFY)")
	flags.StringVar(&f.caCert, "tlscacert", "", "Trust certificates signed only by this CA (env DOCKER_CERT_PATH/ca.pem)")
	flags.StringVar(&f.cert, "tlscert", "", "TLS client certificate (env DOCKER_CERT_PATH/cert.pem)")
	flags.StringVar(&f.key, "tlskey", "", "TLS client key (env DOCKER_CERT_PATH/key.pem)")
	flags.StringVar(&f.serverName, "tlsservername", "", "Name to look for in the engine's certificate, if not the address's")
	flags.StringVar(&f.apiVersion, "api-version", os.Getenv("DOCKER_API_VERSION"), "Engine API version (env DOCKER_API_VERSION; default: negotiated)")
}

// spec returns the engine as the request names it.
func (f *engineFlags) spec() *protocol.Engine {
	engine := &protocol.Engine{Hosts: f.hosts, ApiVersion: f.apiVersion}
	if len(engine.Hosts) == 0 {
		if fromEnv := os.Getenv("DOCKER_HOST"); fromEnv != "" {
			engine.Hosts = []string{fromEnv}
		} else {
			engine.Hosts = []string{defaultHost}
		}
	}
	engine.Tls = f.tlsSpec()
	return engine
}

// tlsSpec follows the docker CLI, as plugin/engine does for the environment alone:
// TLS is on when it is asked for in any way, a client certificate that is not named
// is used if it is in the certificate folder, and to verify takes a CA. It differs
// where a certificate is named without --tls: that asks for TLS, too.
func (f *engineFlags) tlsSpec() *protocol.TLS {
	named := f.caCert != "" || f.cert != "" || f.key != ""
	verify := f.tlsVerify || (!f.flags.Changed("tlsverify") && os.Getenv("DOCKER_TLS_VERIFY") != "")
	asked := f.tls || (!f.flags.Changed("tls") && os.Getenv("DOCKER_TLS") != "")
	if !asked && !verify && !named && !f.flags.Changed("tlsverify") {
		return nil
	}
	folder := cmp.Or(os.Getenv("DOCKER_CERT_PATH"), os.Getenv("DOCKER_CONFIG"))
	if folder == "" {
		if home, err := os.UserHomeDir(); err == nil {
			folder = filepath.Join(home, ".docker")
		}
	}
	skip := !verify && !named
	ca := material(f.caCert, folder, "ca.pem")
	if ca == nil && verify {
		ca = &protocol.Material{Source: &protocol.Material_Path{Path: filepath.Join(folder, "ca.pem")}}
	}
	return &protocol.TLS{
		Ca:                 ca,
		Cert:               material(f.cert, folder, "cert.pem"),
		Key:                material(f.key, folder, "key.pem"),
		ServerName:         f.serverName,
		InsecureSkipVerify: skip,
	}
}

func material(named, folder, name string) *protocol.Material {
	path := named
	if path == "" {
		path = filepath.Join(folder, name)
		if _, err := os.Stat(path); os.IsNotExist(err) {
			return nil
		}
	}
	// The plugin runs with this process's working folder, but a message should
	// name a file that can be found.
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	return &protocol.Material{Source: &protocol.Material_Path{Path: path}}
}

func (a *app) engineCommand() *cobra.Command {
	engine := &cobra.Command{Use: "engine", Short: "Ask the engine about itself", RunE: groupOnly}
	var asJSON bool
	info := &cobra.Command{
		Use:   "info",
		Short: "Print the engine's versions, platform, builder and swarm state",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := a.start()
			if err != nil {
				return err
			}
			defer client.Close()
			info, err := client.Info(cmd.Context(), &protocol.InfoRequest{Engine: a.engine.spec()})
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), info)
			}
			return printInfo(cmd.OutOrStdout(), info)
		},
	}
	info.Flags().BoolVar(&asJSON, "json", false, "Print one JSON object")
	engine.AddCommand(info)
	return engine
}

func printInfo(out io.Writer, info *protocol.EngineInfo) error {
	buildkit := "no"
	if info.GetBuildkit() {
		buildkit = "yes"
	}
	swarm := info.GetSwarm()
	if info.GetSwarmManager() {
		swarm += " (manager)"
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range [][2]string{
		{"Engine", info.GetHost()},
		{"Name", info.GetName()},
		{"Version", info.GetVersion()},
		{"API version", fmt.Sprintf("%s (minimum %s)", info.GetApiVersion(), info.GetMinApiVersion())},
		{"Platform", info.GetOs() + "/" + info.GetArch()},
		{"Kernel", info.GetKernel()},
		{"Storage driver", info.GetStorageDriver()},
		{"BuildKit", buildkit},
		{"Swarm", swarm},
		{"Plugin", info.GetPluginVersion()},
	} {
		fmt.Fprintf(table, "%s:\t%s\n", row[0], row[1])
	}
	return table.Flush()
}
