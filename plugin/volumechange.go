package plugin

import (
	"iter"
	"path"

	"airdock.dev/airdock/plugin/tree"
)

// keptAtTop is a folder that ext file systems have at their top; a mirror leaves
// it where it is.
const keptAtTop = "lost+found"

// change is what makes a volume's tree the wanted one.
type change struct {
	// send holds entries to send, folders before their content.
	send []*tree.Entry
	// access holds those whose mode or owner alone is another one.
	access []*tree.Entry
	// remove holds what goes with all that is below it.
	remove []string
	// files, bytes and unchanged count what is sent and what is there already;
	// folders are not counted.
	files, bytes, unchanged int64
}

// compare finds out what a volume lacks. Both trees are in the order of
// tree.Walk.
func compare(have iter.Seq2[*tree.Entry, error], want []*tree.Entry) (*change, error) {
	wanted := make(map[string]*tree.Entry, len(want))
	for _, entry := range want {
		wanted[entry.Path] = entry
	}
	there := make(map[string]*tree.Entry)
	made := &change{}
	gone := ""
	for entry, err := range have {
		if err != nil {
			return nil, err
		}
		switch target := wanted[entry.Path]; {
		case target != nil:
			there[entry.Path] = entry
			if entry.Mode.IsDir() && !target.Mode.IsDir() {
				// What takes the folder's place takes that of its content, too.
				gone = entry.Path
			}
		case gone != "" && tree.Below(entry.Path, gone):
		case entry.Path == keptAtTop:
			gone = entry.Path
		default:
			gone = entry.Path
			made.remove = append(made.remove, entry.Path)
		}
	}
	made.fill(want, there)
	return made, nil
}

// fill decides what is sent. All names of one file travel together, so that they
// are one file there as well.
func (c *change) fill(want []*tree.Entry, there map[string]*tree.Entry) {
	stale := map[string]bool{}
	for _, entry := range want {
		if found := there[entry.Path]; found == nil || !entry.SameContent(found) {
			stale[firstName(entry)] = true
		}
	}
	above := map[string]bool{}
	for _, entry := range want {
		if !entry.Mode.IsDir() && stale[firstName(entry)] || there[entry.Path] == nil {
			for dir := path.Dir(entry.Path); dir != "." && !above[dir]; dir = path.Dir(dir) {
				above[dir] = true
			}
		}
	}
	for _, entry := range want {
		found := there[entry.Path]
		sent := stale[firstName(entry)] || above[entry.Path]
		switch {
		case sent:
			c.send = append(c.send, entry)
		case entry.Path != "." && !entry.SameAccess(found):
			c.access = append(c.access, entry)
		}
		switch {
		case entry.Mode.IsDir():
		case sent:
			c.files++
			if entry.Same == "" {
				c.bytes += entry.Size
			}
		default:
			c.unchanged++
		}
	}
}

func firstName(entry *tree.Entry) string {
	if entry.Same != "" {
		return entry.Same
	}
	return entry.Path
}
