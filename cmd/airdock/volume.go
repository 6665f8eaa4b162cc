package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/docker/cli/opts"
	"github.com/spf13/cobra"

	"airdock.dev/airdock/host"
	"airdock.dev/airdock/protocol"
)

func (a *app) volumeCommand() *cobra.Command {
	volume := &cobra.Command{Use: "volume", Short: "Create, list, fill, read and remove volumes", RunE: groupOnly}
	volume.AddCommand(a.volumeCreateCommand(), a.volumeListCommand(), a.volumeInspectCommand(), a.volumeRemoveCommand(),
		a.volumePruneCommand(), a.volumePutCommand(), a.volumeGetCommand())
	return volume
}

func (a *app) volumeCreateCommand() *cobra.Command {
	var options, labels []string
	request := &protocol.VolumeCreateRequest{Volume: &protocol.Volume{}}
	create := &cobra.Command{
		Use:   "create [VOLUME]",
		Short: "Make a volume; one that is there with the same driver and options is done",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			request.Engine = a.engine.spec()
			request.DriverOptions = opts.ConvertKVStringsToMap(options)
			request.Labels = opts.ConvertKVStringsToMap(labels)
			if len(args) == 1 {
				request.Volume.Name = args[0]
			}
			return a.withPlugin(func(client *host.Client) error {
				info, err := client.VolumeCreate(cmd.Context(), request)
				if err == nil {
					fmt.Fprintln(cmd.OutOrStdout(), info.GetName())
				}
				return err
			})
		},
	}
	create.Flags().StringVarP(&request.Driver, "driver", "d", "", "Driver of the volume (default local)")
	create.Flags().StringArrayVarP(&options, "opt", "o", nil, "Set an option of the driver, NAME=VALUE")
	create.Flags().StringArrayVar(&labels, "label", nil, "Set a label, NAME=VALUE")
	return create
}

func (a *app) volumeListCommand() *cobra.Command {
	var filters []string
	var quiet bool
	var format string
	list := &cobra.Command{
		Use:     "ls",
		Aliases: []string{"list"},
		Short:   "List volumes",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			request, err := listRequest(filters)
			if err != nil {
				return err
			}
			if format != "table" && format != "json" {
				return fmt.Errorf("--format %q is none of table, json", format)
			}
			request.Engine = a.engine.spec()
			return a.withPlugin(func(client *host.Client) error {
				found, err := client.VolumeList(cmd.Context(), request)
				if err != nil {
					return err
				}
				switch {
				case quiet:
					return printNames(cmd, found.GetVolumes())
				case format == "json":
					return printObjects(cmd, found.GetVolumes())
				}
				return printTable(cmd, found.GetVolumes())
			})
		},
	}
	list.Flags().StringArrayVarP(&filters, "filter", "f", nil, "List what fits: label=NAME[=VALUE], name=PART, driver=NAME, dangling=true|false")
	list.Flags().BoolVarP(&quiet, "quiet", "q", false, "Print the names alone")
	list.Flags().StringVar(&format, "format", "table", "table, or json: the engine's object of each volume on a line")
	return list
}

func printNames(cmd *cobra.Command, volumes []*protocol.VolumeInfo) error {
	for _, v := range volumes {
		fmt.Fprintln(cmd.OutOrStdout(), v.GetName())
	}
	return nil
}

func printObjects(cmd *cobra.Command, volumes []*protocol.VolumeInfo) error {
	for _, v := range volumes {
		text, err := compactJSON(v.GetInspect())
		if err != nil {
			return err
		}
		fmt.Fprintln(cmd.OutOrStdout(), text)
	}
	return nil
}

func printTable(cmd *cobra.Command, volumes []*protocol.VolumeInfo) error {
	table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 4, ' ', 0)
	fmt.Fprintln(table, "DRIVER\tVOLUME NAME")
	for _, v := range volumes {
		fmt.Fprintf(table, "%s\t%s\n", v.GetDriver(), v.GetName())
	}
	return table.Flush()
}

func (a *app) volumeInspectCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "inspect VOLUME",
		Short: "Print the engine's description of a volume as JSON",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withPlugin(func(client *host.Client) error {
				info, err := client.VolumeInspect(cmd.Context(), &protocol.VolumeInspectRequest{
					Engine: a.engine.spec(), Volume: &protocol.Volume{Name: args[0]},
				})
				if err != nil {
					return err
				}
				return printObject(cmd, info.GetInspect())
			})
		},
	}
}

func (a *app) volumeRemoveCommand() *cobra.Command {
	request := &protocol.VolumeRemoveRequest{}
	remove := &cobra.Command{
		Use:     "rm VOLUME...",
		Aliases: []string{"remove"},
		Short:   "Remove volumes that no container uses",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			request.Engine = a.engine.spec()
			return a.withPlugin(func(client *host.Client) error {
				var failed []error
				for _, name := range args {
					request.Volume = &protocol.Volume{Name: name}
					if _, err := client.VolumeRemove(cmd.Context(), request); err != nil {
						failed = append(failed, err)
						continue
					}
					fmt.Fprintln(cmd.OutOrStdout(), name)
				}
				return errors.Join(failed...)
			})
		},
	}
	remove.Flags().BoolVarP(&request.Force, "force", "f", false, "A volume that is not there is no error")
	return remove
}

func (a *app) volumePruneCommand() *cobra.Command {
	var filters []string
	var force bool
	prune := &cobra.Command{
		Use:   "prune --filter label=NAME[=VALUE]",
		Short: "Remove the volumes that have all the labels and that no container uses",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			request, err := pruneRequest(filters)
			if err != nil {
				return err
			}
			if !force && !confirmed(cmd, "Remove the unused volumes with "+strings.Join(filters, " and ")+", and all that is in them?") {
				return nil
			}
			request.Engine = a.engine.spec()
			return a.withPlugin(func(client *host.Client) error {
				outcome, err := client.VolumePrune(cmd.Context(), request)
				if err != nil {
					return err
				}
				for _, name := range outcome.GetRemoved() {
					fmt.Fprintln(cmd.OutOrStdout(), name)
				}
				for _, name := range outcome.GetInUse() {
					fmt.Fprintln(os.Stderr, "In use: "+name)
				}
				return nil
			})
		},
	}
	prune.Flags().StringArrayVar(&filters, "filter", nil, "Remove what fits: label=NAME[=VALUE]; at least one is needed")
	prune.Flags().BoolVarP(&force, "force", "f", false, "Do not ask first")
	return prune
}

// confirmed asks; only a yes is one.
func confirmed(cmd *cobra.Command, question string) bool {
	fmt.Fprint(os.Stderr, question+" [y/N] ")
	line, _ := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	reply := strings.ToLower(strings.TrimSpace(line))
	return reply == "y" || reply == "yes"
}
