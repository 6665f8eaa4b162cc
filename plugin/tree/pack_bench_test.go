package tree_test

import (
	"archive/tar"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"airdock.dev/airdock/plugin/tree"
)

// BenchmarkPack walks a tree and makes a tar of it, beside the standard library's
// way, which reads no owners and no hard links.
func BenchmarkPack(b *testing.B) {
	for name, c := range map[string]struct{ files, size int }{"one large": {1, 256 << 20}, "10000 small": {10_000, 10_000}} {
		folder := b.TempDir()
		content := make([]byte, c.size)
		for n := range c.files {
			at := filepath.Join(folder, fmt.Sprint(n/100))
			if err := os.MkdirAll(at, 0o755); err != nil {
				b.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(at, fmt.Sprint(n)), content, 0o600); err != nil {
				b.Fatal(err)
			}
		}
		root, err := os.OpenRoot(folder)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = root.Close() })
		for way, pack := range map[string]func(*tar.Writer) error{
			"pack": func(to *tar.Writer) error {
				pack := tree.Pack{Writer: to, Root: root, Name: ".", As: "to"}
				return tree.Walk(root, ".", pack.Write)
			},
			"bare": func(to *tar.Writer) error { return to.AddFS(root.FS()) },
		} {
			b.Run(name+"/"+way, func(b *testing.B) {
				b.SetBytes(int64(c.files) * int64(c.size))
				b.ReportAllocs()
				for b.Loop() {
					to := tar.NewWriter(io.Discard)
					if err := pack(to); err != nil {
						b.Fatal(err)
					}
					if err := to.Close(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
