package tree_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"airdock.dev/airdock/plugin/tree"
)

func TestUnpackBounds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		bytes   int64
		entries []entry
		fits    bool
	}{
		"exact":         {512 + 10, []entry{file("a", "0123456789")}, true},
		"one too many":  {512 + 9, []entry{file("a", "0123456789")}, false},
		"empty files":   {512 * 2, []entry{file("a", ""), file("b", ""), file("c", "")}, false},
		"folders":       {512 * 2, []entry{dir("a"), dir("b"), dir("c")}, false},
		"links":         {512 * 2, []entry{link("a", "x"), link("b", "x"), link("c", "x")}, false},
		"second wins":   {512*2 + 5, []entry{file("a", "123"), file("a", "456")}, false},
		"no bound":      {0, []entry{file("a", "0123456789")}, true},
		"what is empty": {1, nil, true},
	} {
		root, _ := newRoot(t)
		_, _, err := (&tree.Unpack{Root: root, MaxBytes: c.bytes}).Read(bytes.NewReader(archive(t, c.entries...)))
		if c.fits && err != nil || !c.fits && !errors.Is(err, tree.ErrTooLarge) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// giant is a header that promises more than is there.
func giant(t testing.TB, size int64) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := tar.NewWriter(&out).WriteHeader(&tar.Header{Name: "g", Typeflag: tar.TypeReg, Size: size, Mode: 0o644}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestUnpackDamaged(t *testing.T) {
	t.Parallel()
	whole := archive(t, file("a", strings.Repeat("x", 2000)), file("b", "y"))
	lying := bytes.Clone(whole)
	copy(lying[124:], "-0000000001\x00")
	for name, text := range map[string][]byte{
		"nothing":            nil,
		"noise":              bytes.Repeat([]byte("noise"), 500),
		"half a header":      whole[:300],
		"half a file":        whole[:1500+512],
		"between two files":  whole[:512*2+2048],
		"without its end":    whole[:len(whole)-1024],
		"with half its end":  whole[:len(whole)-512],
		"a negative size":    lying,
		"a gigantic promise": giant(t, 1<<60),
	} {
		root, around := newRoot(t)
		if _, _, err := (&tree.Unpack{Root: root}).Read(bytes.NewReader(text)); !errors.Is(err, tree.ErrBroken) {
			t.Errorf("%s: got %v", name, err)
		}
		untouched(t, around)
	}
	root, _ := newRoot(t)
	if _, _, err := (&tree.Unpack{Root: root, MaxBytes: 1 << 34}).Read(bytes.NewReader(giant(t, 1<<60))); !errors.Is(err, tree.ErrTooLarge) {
		t.Errorf("a gigantic promise: got %v", err)
	}
	gone := errors.New("connection gone")
	if _, _, err := (&tree.Unpack{Root: root}).Read(io.MultiReader(bytes.NewReader(whole[:1500]), &broken{gone})); !errors.Is(err, gone) {
		t.Errorf("a broken connection: got %v", err)
	}
}

type broken struct{ err error }

func (b *broken) Read([]byte) (int, error) { return 0, b.err }

// TestUnpackHoles: long zeros take no room, and the content is what it was.
func TestUnpackHoles(t *testing.T) {
	t.Parallel()
	const mega = 1 << 20
	for name, c := range map[string]struct {
		content []byte
		room    int64 // of the disk, at most
	}{
		"zeros":         {make([]byte, 8*mega), 0},
		"hole in front": {append(make([]byte, 3*mega), 'x'), mega},
		"hole behind":   {append([]byte("x"), make([]byte, 3*mega)...), mega},
		"hole between":  {append(append([]byte("x"), make([]byte, 3*mega)...), 'x'), mega},
		"no hole":       {bytes.Repeat([]byte("0\x00"), mega+1), 3 * mega},
		"small zeros":   {make([]byte, 1000), mega},
	} {
		content := c.content
		root, _ := newRoot(t)
		if _, size, err := (&tree.Unpack{Root: root}).Read(bytes.NewReader(archive(t, file("f", string(content))))); err != nil || size != int64(len(content)) {
			t.Fatalf("%s: %d bytes, %v", name, size, err)
		}
		got, err := root.ReadFile("f")
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s: another content, %v", name, err)
		}
		info, _ := root.Stat("f")
		if room := info.Sys().(*syscall.Stat_t).Blocks * 512; room > c.room {
			t.Errorf("%s: it takes %d bytes of the disk", name, room)
		}
	}
}

// TestUnpackCannotWrite: the error names the file and keeps the machine's reason.
func TestUnpackCannotWrite(t *testing.T) {
	t.Parallel()
	root, _ := newRoot(t)
	_, _, err := (&tree.Unpack{Root: root}).Read(bytes.NewReader(archive(t, file("sub/"+strings.Repeat("n", 300), ""))))
	var failed *tree.WriteError
	if !errors.As(err, &failed) || !errors.Is(err, syscall.ENAMETOOLONG) || !strings.HasPrefix(failed.Path, "sub/nnn") {
		t.Errorf("got %v", err)
	}
	if _, err := root.Lstat("sub"); errors.Is(err, fs.ErrNotExist) {
		t.Error("it leaves what it wrote")
	}
}
