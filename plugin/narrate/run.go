package narrate

import (
	"fmt"

	"airdock.dev/airdock/protocol"
)

func started(s *protocol.Started) string {
	verb := "runs"
	if s.GetAdopted() {
		verb = "found, and followed,"
	}
	return fmt.Sprintf("Container %s (%s) of image %s %s on %s", s.GetName(), shortID(s.GetContainerId()), s.GetImage(), verb, s.GetHost())
}

// copied tells that files have arrived in a run's container.
func copied(progress *protocol.TransferProgress) string {
	if !progress.GetDone() || progress.GetFetch() {
		return ""
	}
	return fmt.Sprintf("Copied %s to %s in the container.", amount(progress.GetFiles(), progress.GetBytes()), progress.GetPath())
}

func fetched(output *protocol.OutputFetched) string {
	if !output.GetFound() {
		return fmt.Sprintf("The container has nothing at %s: no file is fetched.", output.GetPath())
	}
	return fmt.Sprintf("Fetched %s from %s to %s.", amount(output.GetFiles(), output.GetBytes()), output.GetPath(), output.GetTarget())
}

func shortID(id string) string { return id[:min(12, len(id))] }
