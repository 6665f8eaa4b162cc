package image

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"airdock.dev/airdock/cmd/devengine/internal/program"
)

// Image is a built image of one layer.
type Image struct {
	Repository string
	Tag        string
	// Layer is the file of the layer, a compressed tar.
	Layer string `json:"-"`
	// LayerDigest and LayerSize are those of the file, DiffID is the digest of
	// the tar in it.
	LayerDigest string
	LayerSize   int64
	DiffID      string
	Created     time.Time
	Config      Config
}

// Get returns the image from the cache, or builds it into the cache.
func Get(ctx context.Context, cache string, recipe Recipe, say func(string, ...any)) (*Image, error) {
	system, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return nil, fmt.Errorf("make image %s: this machine's packages are unknown: %w", recipe.Reference(), err)
	}
	place := filepath.Join(cache, fmt.Sprintf("%s-%s-%s", filepath.Base(recipe.Repository), recipe.Tag, recipe.key(string(system)+runtime.GOARCH)))
	image, err := load(place)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return image, err
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return nil, fmt.Errorf("make image %s: %w", recipe.Reference(), err)
	}
	work, err := os.MkdirTemp(cache, "work-")
	if err != nil {
		return nil, fmt.Errorf("make image %s: %w", recipe.Reference(), err)
	}
	defer func() { _ = os.RemoveAll(work) }()
	if err := build(ctx, work, recipe, say); err != nil {
		return nil, fmt.Errorf("make image %s: %w", recipe.Reference(), err)
	}
	// Another process may have been quicker: its image is as good.
	if err := os.Rename(filepath.Join(work, "image"), place); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make image %s: %w", recipe.Reference(), err)
	}
	return load(place)
}

func load(place string) (*Image, error) {
	text, err := os.ReadFile(filepath.Join(place, "image.json"))
	if err != nil {
		return nil, err
	}
	image := &Image{Layer: filepath.Join(place, "layer.tar.gz")}
	if err := json.Unmarshal(text, image); err != nil {
		return nil, fmt.Errorf("read cached image %s: %w; remove it and try again", place, err)
	}
	return image, nil
}

// build makes work/image with the layer and its description.
func build(ctx context.Context, work string, recipe Recipe, say func(string, ...any)) error {
	packages, err := choose(ctx, recipe, say)
	if err != nil {
		return err
	}
	root, err := assemble(ctx, work, recipe, packages, say)
	if err != nil {
		return err
	}
	folder := filepath.Join(work, "image")
	if err := os.Mkdir(folder, 0o755); err != nil {
		return err
	}
	image := &Image{
		Repository: recipe.Repository,
		Tag:        recipe.Tag,
		Layer:      filepath.Join(folder, "layer.tar.gz"),
		Created:    root.newest.UTC(),
		Config:     recipe.Config,
	}
	if err := writeLayer(root, image); err != nil {
		return err
	}
	text, err := json.MarshalIndent(image, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "image.json"), text, 0o644)
}

// choose takes the recipe's packages, or its second choice where the machine's
// Debian does not have them.
func choose(ctx context.Context, recipe Recipe, say func(string, ...any)) ([]string, error) {
	err := program.Lists(ctx, say, recipe.Packages)
	switch {
	case err == nil && program.Known(ctx, recipe.Packages):
		return recipe.Packages, nil
	case err != nil && recipe.Fallback == nil:
		return nil, err
	case recipe.Fallback == nil || !program.Known(ctx, recipe.Fallback):
		return nil, fmt.Errorf("this machine's package sources lack one of %s", strings.Join(recipe.Packages, ", "))
	}
	say("image %s holds another version than its tag says: there is no package %s here, %s takes its place",
		recipe.Reference(), recipe.Packages[0], recipe.Fallback[0])
	return recipe.Fallback, nil
}

// assemble unpacks the packages and adds what is not in any.
func assemble(ctx context.Context, work string, recipe Recipe, packages []string, say func(string, ...any)) (*tree, error) {
	err := program.Fresh(ctx, say, func() error { return download(ctx, work, packages) })
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(work, "*.deb"))
	if err != nil {
		return nil, err
	}
	root := newTree()
	for _, file := range wanted(files, recipe.Skip) {
		if err := unpack(ctx, file, root); err != nil {
			return nil, err
		}
	}
	root.skeleton()
	root.python()
	if recipe.Applets {
		if err := root.applets(ctx, work); err != nil {
			return nil, err
		}
	}
	for _, file := range recipe.Files {
		if file.Link != "" {
			root.link(file.Path, file.Link)
		} else {
			root.file(file.Path, file.Text, file.Mode)
		}
	}
	return root, nil
}

// applets links the programs of busybox that the image does not have already.
// It asks the very busybox of the image: what it holds depends on its version.
func (t *tree) applets(ctx context.Context, work string) error {
	const name = "usr/bin/busybox"
	if !t.has(name) {
		return errors.New("no package holds busybox")
	}
	program := filepath.Join(work, "busybox")
	if err := os.WriteFile(program, t.entries[name].body, 0o755); err != nil {
		return err
	}
	list, err := run(ctx, program, "--list")
	if err != nil {
		return err
	}
	for _, applet := range strings.Fields(list) {
		// The list names busybox itself: a link to it would be a loop.
		if place := "usr/bin/" + applet; !t.has(place) && !t.has("usr/sbin/"+applet) {
			t.link(place, "busybox")
		}
	}
	return nil
}

// python gives a versioned interpreter its usual name where no package does.
func (t *tree) python() {
	versioned := regexp.MustCompile(`^usr/bin/(python3\.\d+)$`)
	for name := range t.entries {
		if match := versioned.FindStringSubmatch(name); match != nil && !t.has("usr/bin/python3") {
			t.link("usr/bin/python3", match[1])
			return
		}
	}
}

// writeLayer writes the compressed tar and fills in its digests.
func writeLayer(root *tree, image *Image) error {
	file, err := os.Create(image.Layer)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	packed, plain := sha256.New(), sha256.New()
	count := new(counter)
	zip, err := gzip.NewWriterLevel(io.MultiWriter(file, packed, count), gzip.BestSpeed)
	if err != nil {
		return err
	}
	if err := root.write(io.MultiWriter(zip, plain)); err != nil {
		return err
	}
	if err := errors.Join(zip.Close(), file.Close()); err != nil {
		return err
	}
	image.LayerDigest = "sha256:" + hex.EncodeToString(packed.Sum(nil))
	image.DiffID = "sha256:" + hex.EncodeToString(plain.Sum(nil))
	image.LayerSize = int64(*count)
	return nil
}

// counter counts what is written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
