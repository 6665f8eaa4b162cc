package build

import (
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/docker/docker/api/types/build"
	"github.com/docker/docker/pkg/jsonmessage"

	"airdock.dev/airdock/protocol"
)

// classicStep is the line with which the classic builder begins a step.
var classicStep = regexp.MustCompile(`^Step (\d+/\d+) : (.*)\n?$`)

// classicNote is what it prints besides a step's own output: ids of containers
// and layers.
var classicNote = regexp.MustCompile(`^(?: ---> |Removing intermediate container |Successfully (?:built|tagged) )`)

// classicStream reads the answer of POST /build.
type classicStream struct {
	steps *steps
	now   *step
	fresh bool // the step has printed nothing yet; the first is an empty line
	// image is the id that was built.
	image  string
	cached bool
	// said is the error inside the answer, which the engine began with 200.
	said *jsonmessage.JSONError
}

func (c *classicStream) read(body io.Reader) error {
	decoder := json.NewDecoder(body)
	for {
		var message jsonmessage.JSONMessage
		err := decoder.Decode(&message)
		switch {
		case errors.Is(err, io.EOF) && c.image == "":
			return io.ErrUnexpectedEOF
		case errors.Is(err, io.EOF):
			return c.end("")
		case err != nil:
			return err
		}
		if err := c.message(&message); err != nil {
			return err
		}
	}
}

func (c *classicStream) message(message *jsonmessage.JSONMessage) error {
	switch {
	case message.Error != nil:
		c.said = message.Error
		if err := c.end(message.Error.Message); err != nil {
			return err
		}
		return message.Error
	case message.Aux != nil:
		var result build.Result
		if json.Unmarshal(*message.Aux, &result) == nil && result.ID != "" {
			c.image = result.ID
		}
		return nil
	case message.Stream != "":
		return c.line(message.Stream)
	case message.Status != "" && c.now != nil:
		return c.pull(message)
	}
	return nil
}

func (c *classicStream) line(text string) error {
	if found := classicStep.FindStringSubmatch(text); found != nil {
		if err := c.end(""); err != nil {
			return err
		}
		c.now, c.cached = c.steps.of(found[1], "["+found[1]+"] "+found[2]), false
		c.now.began, c.fresh = time.Now(), true
		return c.steps.start(c.now)
	}
	if strings.HasPrefix(text, " ---> Using cache") {
		c.cached = true
	}
	if c.now == nil || classicNote.MatchString(text) || (c.fresh && text == "\n") {
		return nil
	}
	c.fresh = false
	// Standard error is printed in red.
	stream := protocol.Output_STDOUT
	if rest, red := strings.CutPrefix(text, "\x1b[91m"); red {
		stream, text = protocol.Output_STDERR, strings.TrimSuffix(rest, "\x1b[0m")
	}
	return c.steps.output(c.now, stream, []byte(text))
}

// pull is a base image on its way.
func (c *classicStream) pull(message *jsonmessage.JSONMessage) error {
	item := message.Status
	if message.ID != "" {
		item = message.ID + ": " + item
	}
	if message.Progress == nil || message.Progress.Current == 0 {
		return c.steps.progress(c.now, item, 0, 0, true)
	}
	return c.steps.progress(c.now, item, message.Progress.Current, message.Progress.Total, false)
}

func (c *classicStream) end(failed string) error {
	if c.now == nil {
		return nil
	}
	step := c.now
	c.now = nil
	step.seconds = time.Since(step.began).Seconds()
	return c.steps.finish(step, c.cached, failed)
}
