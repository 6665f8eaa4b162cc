package narrate

import (
	"cmp"
	"fmt"
	"strings"

	"airdock.dev/airdock/protocol"
)

// outcome tells what a final event means, of the calls whose result one wants to
// find in a log. How a run ended is the host's to tell (Exit.headline).
func (n *Narrator) outcome(event *protocol.Event) {
	switch e := event.GetEvent().(type) {
	case *protocol.Event_BuildResult:
		n.log.info(built(e.BuildResult))
	case *protocol.Event_VolumeInfo:
		if _, made := n.request.(*protocol.VolumeCreateRequest); made {
			n.log.info(fmt.Sprintf("Volume %s is there.", e.VolumeInfo.GetName()))
		}
	case *protocol.Event_VolumesRemoved:
		n.log.info(fmt.Sprintf("Removed: %s.", cmp.Or(strings.Join(e.VolumesRemoved.GetRemoved(), ", "), "no volume")))
		if used := e.VolumesRemoved.GetInUse(); len(used) > 0 {
			n.log.write(protocol.Log_WARNING, fmt.Sprintf("Containers use %s: not removed.", strings.Join(used, ", ")))
		}
	case *protocol.Event_VolumeFilled:
		filled := e.VolumeFilled
		n.log.info(fmt.Sprintf("Put %s into the volume %s in %.1f s; %d unchanged, %d deleted.",
			amount(filled.GetFilesSent(), filled.GetBytesSent()), filled.GetVolume(), filled.GetSeconds(),
			filled.GetFilesUnchanged(), filled.GetDeleted()))
	case *protocol.Event_VolumeFetched:
		request, _ := n.request.(*protocol.VolumeGetRequest)
		n.log.info(fetchedOfVolume(e.VolumeFetched, request.GetOutput()))
	}
}

func built(result *protocol.BuildResult) string {
	names := ""
	if len(result.GetTags()) > 0 {
		names = " as " + strings.Join(result.GetTags(), ", ")
	}
	return fmt.Sprintf("Built %s%s in %.1f s: %d of %d steps from the cache, %d built, %s of context sent",
		result.GetImageId(), names, result.GetSeconds(), result.GetStepsCached(), result.GetStepsCached()+result.GetStepsBuilt(),
		result.GetStepsBuilt(), sizeWords(result.GetContextBytes()))
}

func fetchedOfVolume(fetched *protocol.VolumeFetched, output *protocol.OutputSpec) string {
	if !fetched.GetFound() {
		return fmt.Sprintf("The volume %s has nothing at %s: no file is fetched.", fetched.GetVolume(), output.GetPath())
	}
	return fmt.Sprintf("Fetched %s from the volume %s to %s.",
		amount(fetched.GetFiles(), fetched.GetBytes()), fetched.GetVolume(), output.GetTarget())
}
