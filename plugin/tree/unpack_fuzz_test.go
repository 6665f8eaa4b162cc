package tree_test

import (
	"archive/tar"
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"testing"

	"airdock.dev/airdock/plugin/tree"
)

// FuzzUnpack: whatever the bytes are, nothing outside the root changes and no
// more than the bound is written.
func FuzzUnpack(f *testing.F) {
	for _, entries := range hostile {
		f.Add(archive(f, entries...), byte(0))
		f.Add(archive(f, entries...), byte(2))
	}
	f.Add(archive(f, dir("a"), file("a/b", "x"), link("a/l", "b"), hard("c", "a/b"), file("a/b", "y"), entry{name: "p", kind: tar.TypeFifo}), byte(1))
	f.Add(giant(f, 1<<62), byte(0))
	const bound = 1 << 16
	f.Fuzz(func(t *testing.T, text []byte, policy byte) {
		root, around := newRoot(t)
		unpack := &tree.Unpack{Root: root, MaxBytes: bound, Links: tree.Links(policy % 3), Progress: func(_, size int64) {
			if size > bound {
				t.Errorf("%d bytes were written, and %d are allowed", size, bound)
			}
		}}
		_, _, _ = unpack.Read(bytes.NewReader(text))
		untouched(t, around)
		// The test's own cleanup must get into folders that nobody may enter.
		_ = tree.Walk(root, ".", func(e *tree.Entry) error {
			if e.Mode.IsDir() {
				return root.Chmod(e.Path, 0o700)
			}
			return nil
		})
	})
}

// BenchmarkUnpack is beside the least that a program can do: package tar, one
// create and one copy a file.
func BenchmarkUnpack(b *testing.B) {
	large := make([]byte, 256<<20)
	_, _ = rand.Read(large[:1<<20])
	for at := 1 << 20; at < len(large); at *= 2 {
		copy(large[at:], large[:at])
	}
	many := make([]entry, 0, 10_100)
	for n := range 10_000 {
		if n%100 == 0 {
			many = append(many, dir(fmt.Sprint(n/100)))
		}
		many = append(many, file(fmt.Sprintf("%d/%d", n/100, n), string(large[:10_000])))
	}
	for name, text := range map[string][]byte{"one large": archive(b, file("large", string(large))), "10000 small": archive(b, many...)} {
		b.Run(name+"/unpack", func(b *testing.B) {
			measure(b, text, func(root *os.Root) error {
				_, _, err := (&tree.Unpack{Root: root, MaxBytes: 1 << 34}).Read(bytes.NewReader(text))
				return err
			})
		})
		b.Run(name+"/bare", func(b *testing.B) {
			measure(b, text, func(root *os.Root) error { return bare(root.Name(), text) })
		})
	}
}

func measure(b *testing.B, text []byte, unpack func(*os.Root) error) {
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		b.StopTimer()
		root, _ := newRoot(b)
		b.StartTimer()
		if err := unpack(root); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		_ = os.RemoveAll(root.Name())
		b.StartTimer()
	}
}

func bare(folder string, text []byte) error {
	reader := tar.NewReader(bytes.NewReader(text))
	for {
		header, err := reader.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		at := folder + "/" + header.Name
		if header.Typeflag == tar.TypeDir {
			if err := os.Mkdir(at, os.FileMode(header.Mode)); err != nil {
				return err
			}
			continue
		}
		out, err := os.OpenFile(at, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, os.FileMode(header.Mode))
		if err != nil {
			return err
		}
		if _, err := io.Copy(out, reader); err != nil {
			return err
		}
		if err := out.Close(); err != nil {
			return err
		}
		if err := os.Chtimes(at, header.ModTime, header.ModTime); err != nil {
			return err
		}
	}
}
