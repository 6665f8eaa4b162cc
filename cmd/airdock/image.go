package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"airdock.dev/airdock/host"
	"airdock.dev/airdock/protocol"
)

func (a *app) imageCommand() *cobra.Command {
	image := &cobra.Command{Use: "image", Short: "Pull, push, tag, inspect and remove images", RunE: groupOnly}
	image.AddCommand(a.pullCommand(), a.pushCommand(), a.tagCommand(), a.inspectCommand(), a.removeCommand())
	return image
}

// withPlugin runs work with a plugin.
func (a *app) withPlugin(work func(*host.Client) error) error {
	client, err := a.start()
	if err != nil {
		return err
	}
	defer client.Close()
	return work(client)
}

func (a *app) pullCommand() *cobra.Command {
	var quiet bool
	request := &protocol.PullRequest{}
	pull := &cobra.Command{
		Use:   "pull IMAGE",
		Short: "Fetch an image from its registry",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			request.Engine, request.Image = a.engine.spec(), args[0]
			return a.withPlugin(func(client *host.Client) error {
				display := newProgressDisplay(os.Stderr, quiet)
				info, err := client.Pull(cmd.Context(), request, func(event *protocol.Event) error {
					if p := event.GetPullProgress(); p != nil {
						display.pull(p)
					}
					return nil
				})
				display.close()
				if err == nil {
					fmt.Fprintln(cmd.OutOrStdout(), info.GetId())
				}
				return err
			})
		},
	}
	pull.Flags().StringVar(&request.Platform, "platform", "", "Platform of the image, OS[/ARCH[/VARIANT]]")
	pull.Flags().BoolVarP(&quiet, "quiet", "q", false, "Do not show the progress")
	return pull
}

func (a *app) pushCommand() *cobra.Command {
	var quiet bool
	push := &cobra.Command{
		Use:   "push IMAGE",
		Short: "Send an image to its registry",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withPlugin(func(client *host.Client) error {
				display, err := newBuildDisplay(os.Stderr, "auto", quiet)
				if err != nil {
					return err
				}
				pushed, err := client.Push(cmd.Context(), &protocol.PushRequest{Engine: a.engine.spec(), Image: args[0]},
					func(event *protocol.Event) error {
						display.show(event)
						return nil
					})
				display.close(nil)
				if err == nil {
					fmt.Fprintf(cmd.OutOrStdout(), "%s: digest %s, size %d\n", pushed.GetImage(), pushed.GetDigest(), pushed.GetSize())
				}
				return err
			})
		},
	}
	push.Flags().BoolVarP(&quiet, "quiet", "q", false, "Do not show the progress")
	return push
}

func (a *app) tagCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "tag IMAGE NAME...",
		Short: "Give an image further names",
		Args:  cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withPlugin(func(client *host.Client) error {
				_, err := client.Tag(cmd.Context(), &protocol.TagRequest{Engine: a.engine.spec(), Image: args[0], Tags: args[1:]})
				return err
			})
		},
	}
}

func (a *app) inspectCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "inspect IMAGE",
		Short: "Print the engine's description of an image as JSON",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withPlugin(func(client *host.Client) error {
				info, err := client.ImageInspect(cmd.Context(), &protocol.ImageInspectRequest{Engine: a.engine.spec(), Image: args[0]})
				if err != nil {
					return err
				}
				return printObject(cmd, info.GetInspect())
			})
		},
	}
}

func (a *app) removeCommand() *cobra.Command {
	request := &protocol.ImageRemoveRequest{}
	remove := &cobra.Command{
		Use:   "rm IMAGE...",
		Short: "Remove names of images, and each image with its last name",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			request.Engine = a.engine.spec()
			return a.withPlugin(func(client *host.Client) error {
				for _, image := range args {
					request.Image = image
					removed, err := client.ImageRemove(cmd.Context(), request)
					if err != nil {
						return err
					}
					for _, name := range removed.GetUntagged() {
						fmt.Fprintln(cmd.OutOrStdout(), "Untagged: "+name)
					}
					for _, id := range removed.GetDeleted() {
						fmt.Fprintln(cmd.OutOrStdout(), "Deleted: "+id)
					}
				}
				return nil
			})
		},
	}
	remove.Flags().BoolVarP(&request.Force, "force", "f", false, "Remove an image that stopped containers use or that has several names")
	remove.Flags().BoolVar(&request.KeepParents, "no-prune", false, "Keep parents that have no name")
	return remove
}
