package build

import (
	"github.com/moby/buildkit/client"

	"airdock.dev/airdock/protocol"
)

// add takes one report of BuildKit. A report tells of the same moment's starts,
// output and ends, and must come out in this order.
func (s *steps) add(status *client.SolveStatus) error {
	for _, vertex := range status.Vertexes {
		if vertex.Started == nil {
			continue
		}
		step := s.of(vertex.Digest.String(), vertex.Name)
		if step.finished || vertex.Cached {
			// One that starts again is told of when it has something to say.
			continue
		}
		if err := s.start(step); err != nil {
			return err
		}
	}
	if err := s.addDetails(status); err != nil {
		return err
	}
	for _, vertex := range status.Vertexes {
		if vertex.Started == nil || vertex.Completed == nil {
			continue
		}
		step := s.of(vertex.Digest.String(), vertex.Name)
		if !vertex.Started.Equal(step.began) {
			step.began = *vertex.Started
			step.seconds += max(0, vertex.Completed.Sub(*vertex.Started)).Seconds()
		}
		if err := s.finish(step, vertex.Cached, vertex.Error); err != nil {
			return err
		}
	}
	return nil
}

func (s *steps) addDetails(status *client.SolveStatus) error {
	for _, item := range status.Statuses {
		if step := s.all[item.Vertex.String()]; step != nil {
			// The id says more than the name: "transferring context:", "sha256:…".
			if err := s.progress(step, item.ID, item.Current, item.Total, item.Completed != nil); err != nil {
				return err
			}
		}
	}
	for _, log := range status.Logs {
		if step := s.all[log.Vertex.String()]; step != nil {
			stream := protocol.Output_STDOUT
			if log.Stream == 2 {
				stream = protocol.Output_STDERR
			}
			if err := s.output(step, stream, log.Data); err != nil {
				return err
			}
		}
	}
	for _, warning := range status.Warnings {
		var line int32
		if len(warning.Range) > 0 {
			line = warning.Range[0].GetStart().GetLine()
		}
		step := s.of(warning.Vertex.String(), "warnings")
		if err := s.warn(step, string(warning.Short), warning.URL, line); err != nil {
			return err
		}
	}
	return nil
}
