package tree_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"airdock.dev/airdock/plugin/tree"
)

// plant makes files below folder: a name that ends in / is a folder, content that
// begins with "-> " makes a symbolic link.
func plant(t *testing.T, folder string, contents map[string]string) {
	t.Helper()
	for name, content := range contents {
		at := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		switch target, isLink := bytes.CutPrefix([]byte(content), []byte("-> ")); {
		case isLink:
			err = os.Symlink(string(target), at)
		case name[len(name)-1] == '/':
			err = os.MkdirAll(at, 0o755)
		default:
			err = os.WriteFile(at, []byte(content), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// harvest is plant the other way round.
func harvest(t *testing.T, folder string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(folder, func(at string, entry fs.DirEntry, err error) error {
		if err != nil || at == folder {
			return err
		}
		name, _ := filepath.Rel(folder, at)
		switch {
		case entry.IsDir():
			found[name+"/"] = ""
		case entry.Type() == fs.ModeSymlink:
			target, err := os.Readlink(at)
			found[name] = "-> " + target
			return err
		default:
			content, err := os.ReadFile(at)
			found[name] = string(content)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

var merges = map[string]struct {
	staged, there, want map[string]string
	replace             bool
	conflict            string
}{
	"into nothing": {
		staged: map[string]string{"a": "1", "d/b": "2", "e/": ""},
		want:   map[string]string{"a": "1", "d/": "", "d/b": "2", "e/": ""},
	},
	"over files, beside others": {
		staged: map[string]string{"a": "new", "d/b": "new"},
		there:  map[string]string{"a": "old", "d/c": "kept", "z": "kept"},
		want:   map[string]string{"a": "new", "d/": "", "d/b": "new", "d/c": "kept", "z": "kept"},
	},
	"a link in the place of a file, and a file in that of a link": {
		staged: map[string]string{"a": "-> b", "l": "file"},
		there:  map[string]string{"a": "old", "b": "kept", "l": "-> b"},
		want:   map[string]string{"a": "-> b", "b": "kept", "l": "file"},
	},
	"a file where a folder is": {
		staged: map[string]string{"a": "new", "z/d": "file"}, there: map[string]string{"z/d/": "", "a": "old"},
		want: map[string]string{"a": "old", "z/": "", "z/d/": ""}, conflict: "z/d",
	},
	"a folder where a file is": {
		staged: map[string]string{"d/b": "new"}, there: map[string]string{"d": "old"},
		want: map[string]string{"d": "old"}, conflict: "d",
	},
	"a folder where a link to a folder is": {
		staged: map[string]string{"d/b": "new"}, there: map[string]string{"e/": "", "d": "-> e"},
		want: map[string]string{"e/": "", "d": "-> e"}, conflict: "d",
	},
	"a conflict after a folder that is new": {
		staged: map[string]string{"a/e/f": "new", "d/b": "new"}, there: map[string]string{"d": "old"},
		want: map[string]string{"d": "old"}, conflict: "d",
	},
	"a file takes the place of a folder": {
		staged: map[string]string{"d": "file"}, there: map[string]string{"d/e/f": "old"}, replace: true,
		want: map[string]string{"d": "file"},
	},
	"a folder takes the place of a file": {
		staged: map[string]string{"d/b": "new"}, there: map[string]string{"d": "old"}, replace: true,
		want: map[string]string{"d/": "", "d/b": "new"},
	},
}

func TestMerge(t *testing.T) {
	t.Parallel()
	for name, test := range merges {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			plant(t, filepath.Join(folder, "staged"), test.staged)
			if test.there != nil {
				plant(t, filepath.Join(folder, "target"), test.there)
			}
			err := (&tree.Merge{Root: rootOf(t, folder), Replace: test.replace, Owner: true}).Move("staged", "target")
			var conflict *tree.ConflictError
			switch {
			case test.conflict == "" && err != nil:
				t.Error(err)
			case test.conflict != "" && (!errors.As(err, &conflict) || conflict.Path != "target/"+test.conflict):
				t.Errorf("Move says %v, want a conflict at %s", err, test.conflict)
			}
			if diff := cmp.Diff(test.want, harvest(t, filepath.Join(folder, "target"))); diff != "" {
				t.Errorf("target (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMergeKeepsModesOfFolders(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	plant(t, folder, map[string]string{"staged/both/new": "1", "staged/only/b": "2", "target/both/old": "3"})
	for name, mode := range map[string]fs.FileMode{"staged": 0o700, "staged/both": 0o550, "staged/only": 0o500, "target": 0o751, "target/both": 0o555} {
		if err := os.Chmod(filepath.Join(folder, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		for _, name := range []string{"target/both", "target/only"} {
			_ = os.Chmod(filepath.Join(folder, name), 0o700)
		}
	})
	if err := (&tree.Merge{Root: rootOf(t, folder)}).Move("staged", "target"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{"target": 0o751, "target/both": 0o550, "target/only": 0o500} {
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %o, want %o", name, info.Mode().Perm(), want)
		}
	}
}

func TestStageSweepsWhatAKilledProcessLeft(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	root := rootOf(t, folder)
	live, err := tree.NewStage(root)
	if err != nil {
		t.Fatal(err)
	}
	stale := filepath.Join(folder, ".airdock-stage-STALE")
	plant(t, stale, map[string]string{"locked/file": "half"})
	if err := os.Chmod(filepath.Join(stale, "locked"), 0o500); err != nil {
		t.Fatal(err)
	}
	young := filepath.Join(folder, ".airdock-stage-YOUNG")
	plant(t, young, map[string]string{"file": ""})
	old := time.Now().Add(-time.Hour)
	for _, name := range []string{stale, filepath.Join(folder, live.Name)} {
		if err := os.Chtimes(name, old, old); err != nil {
			t.Fatal(err)
		}
	}
	second, err := tree.NewStage(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{stale: false, young: true, filepath.Join(folder, live.Name): true} {
		if _, err := os.Lstat(name); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", filepath.Base(name), err == nil, want)
		}
	}
	plant(t, filepath.Join(folder, second.Name), map[string]string{"a/b": "c"})
	for _, stage := range []*tree.Stage{live, second} {
		if err := stage.Close(); err != nil {
			t.Error(err)
		}
	}
	if left := harvest(t, folder); len(left) != 2 {
		t.Errorf("the stages left %v", left)
	}
}
