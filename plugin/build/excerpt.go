package build

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"
)

var (
	// parseLine is where the Dockerfile's parser says the line.
	parseLine = regexp.MustCompile(`(?i)dockerfile parse error (?:on )?line (\d+)`)
	// stepPlace is a step's place: in its stage with BuildKit, which names the
	// stage where there are several, and in the whole file with the classic builder.
	stepPlace = regexp.MustCompile(`^\[(?:(\S+) )?(\d+)/(\d+)\] `)
)

// excerpt shows the Dockerfile around the lines that an error is about: those
// that BuildKit attached, or the one that the parser's sentence names, or those
// of the step that failed. The engine 20.10 attaches none.
func excerpt(err error, in *input, text string, failed *step) string {
	var out strings.Builder
	for _, source := range errdefs.Sources(err) {
		_ = source.Print(&out)
	}
	if out.Len() == 0 {
		if first, last := linesOf(in, text, failed); first > 0 {
			_ = (&errdefs.Source{
				Info:   &pb.SourceInfo{Filename: in.dockerfile, Data: in.content},
				Ranges: []*pb.Range{{Start: &pb.Position{Line: int32(first)}, End: &pb.Position{Line: int32(last)}}},
			}).Print(&out)
		}
	}
	if out.Len() == 0 {
		return ""
	}
	return "\n" + strings.TrimRight(out.String(), "\n")
}

// linesOf returns the first and the last line of what failed, or 0 where that is
// not certain.
func linesOf(in *input, text string, failed *step) (first, last int) {
	if found := parseLine.FindStringSubmatch(text); found != nil {
		line, _ := strconv.Atoi(found[1])
		return line, line
	}
	if failed == nil {
		return 0, 0
	}
	place := stepPlace.FindStringSubmatch(failed.name)
	parsed, err := parser.Parse(bytes.NewReader(in.content))
	if place == nil || err != nil {
		return 0, 0
	}
	number, _ := strconv.Atoi(place[2])
	total, _ := strconv.Atoi(place[3])
	all := parsed.AST.Children
	stage := stageSteps(all, place[1])
	// A FROM of an earlier stage or of scratch is no step of BuildKit.
	for _, counted := range [][]*parser.Node{stage, stage[min(1, len(stage)):], all} {
		if len(counted) != total || number > total {
			continue
		}
		if node := counted[number-1]; strings.EqualFold(node.Value, failed.verb()) {
			return node.StartLine, node.EndLine
		}
	}
	return 0, 0
}

// stageSteps are the instructions that BuildKit counts in a stage, which has a
// name of its own or is called stage-N, or is the only one.
func stageSteps(all []*parser.Node, stage string) []*parser.Node {
	var steps []*parser.Node
	index, within := -1, false
	for _, node := range all {
		switch strings.ToLower(node.Value) {
		case "from":
			index++
			within = stage == "" || strings.EqualFold(stage, stageName(node, index))
		case "run", "copy", "add", "workdir":
		default:
			continue
		}
		if within {
			steps = append(steps, node)
		}
	}
	return steps
}

func stageName(from *parser.Node, index int) string {
	words := strings.Fields(from.Original)
	if n := len(words); n > 3 && strings.EqualFold(words[n-2], "as") {
		return words[n-1]
	}
	return "stage-" + strconv.Itoa(index)
}
