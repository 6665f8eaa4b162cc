package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/distribution/reference"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// imageFolder is a folder with a Dockerfile, whose image has the folder's name.
type imageFolder struct {
	name, path string
	// needs are the other folders' images that the Dockerfile is made from.
	needs []string
}

// findImages returns the sub-folders of folder that have a Dockerfile, by name.
func findImages(folder string, args map[string]string) ([]*imageFolder, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var images []*imageFolder
	from := map[*imageFolder][]string{}
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		text, err := os.ReadFile(filepath.Join(path, "Dockerfile"))
		if errors.Is(err, fs.ErrNotExist) || !isFolder(path) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if _, err := reference.ParseNormalizedNamed(entry.Name()); err != nil {
			return nil, fmt.Errorf("the folder %s cannot give an image its name: %w", path, err)
		}
		image := &imageFolder{name: entry.Name(), path: path}
		if from[image], err = basesOf(text, args); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(path, "Dockerfile"), err)
		}
		images = append(images, image)
	}
	if len(images) == 0 {
		return nil, fmt.Errorf("no sub-folder of %s has a Dockerfile", folder)
	}
	for _, image := range images {
		for _, other := range images {
			if slices.ContainsFunc(from[image], func(base string) bool { return sameImage(base, other.name) }) {
				image.needs = append(image.needs, other.name)
			}
		}
	}
	return images, findCycle(images)
}

func isFolder(path string) bool {
	stat, err := os.Stat(path)
	return err == nil && stat.IsDir()
}

// sameImage compares names as the engine reads them: bash is
// docker.io/library/bash:latest.
func sameImage(a, b string) bool {
	first, errFirst := reference.ParseNormalizedNamed(a)
	second, errSecond := reference.ParseNormalizedNamed(b)
	return errFirst == nil && errSecond == nil &&
		reference.TagNameOnly(first).String() == reference.TagNameOnly(second).String()
}

// basesOf returns the images that a Dockerfile names in FROM, COPY --from and
// RUN --mount=from, without its own stages. The ARGs before the first FROM may
// take part in the names.
func basesOf(dockerfile []byte, given map[string]string) ([]string, error) {
	parsed, err := parser.Parse(bytes.NewReader(dockerfile))
	if err != nil {
		return nil, err
	}
	stages, metaArgs, err := instructions.Parse(parsed.AST, nil)
	if err != nil {
		return nil, err
	}
	lex := shell.NewLex(parsed.EscapeToken)
	var known []string
	expand := func(word string) (string, error) {
		text, _, err := lex.ProcessWord(word, shell.EnvsFromSlice(known))
		return text, err
	}
	for _, command := range metaArgs {
		for _, arg := range command.Args {
			value, err := argValue(arg, given, expand)
			if err != nil {
				return nil, err
			}
			known = append(known, arg.Key+"="+value)
		}
	}
	var bases, own []string
	for i, stage := range stages {
		froms, err := stageBases(stage, expand)
		if err != nil {
			return nil, err
		}
		for _, from := range froms {
			if from != "" && from != "scratch" && !slices.ContainsFunc(own, func(name string) bool { return strings.EqualFold(name, from) }) {
				bases = append(bases, from)
			}
		}
		own = append(own, fmt.Sprint(i))
		if stage.Name != "" {
			own = append(own, stage.Name)
		}
	}
	return bases, nil
}

func argValue(arg instructions.KeyValuePairOptional, given map[string]string, expand func(string) (string, error)) (string, error) {
	if value, found := given[arg.Key]; found {
		return value, nil
	}
	if arg.Value == nil {
		return "", nil
	}
	return expand(*arg.Value)
}

func stageBases(stage instructions.Stage, expand func(string) (string, error)) ([]string, error) {
	base, err := expand(stage.BaseName)
	if err != nil {
		return nil, err
	}
	bases := []string{base}
	for _, command := range stage.Commands {
		switch c := command.(type) {
		case *instructions.CopyCommand:
			bases = append(bases, c.From)
		case *instructions.RunCommand:
			// Only the expansion reads the mounts.
			if err := c.Expand(expand); err != nil {
				return nil, err
			}
			for _, mount := range instructions.GetMounts(c) {
				bases = append(bases, mount.From)
			}
		}
	}
	return bases, nil
}

// findCycle says which images cannot be built because each needs another one.
func findCycle(images []*imageFolder) error {
	byName := map[string]*imageFolder{}
	for _, image := range images {
		byName[image.name] = image
	}
	done := map[string]bool{}
	var visit func(name string, path []string) error
	visit = func(name string, path []string) error {
		if at := slices.Index(path, name); at >= 0 {
			return fmt.Errorf("these images are made from each other, so that none can be the first: %s; rename a folder or a FROM",
				strings.Join(append(path[at:], name), " <- "))
		}
		if done[name] {
			return nil
		}
		path = append(slices.Clone(path), name)
		for _, need := range byName[name].needs {
			if err := visit(need, path); err != nil {
				return err
			}
		}
		done[name] = true
		return nil
	}
	for _, image := range images {
		if err := visit(image.name, nil); err != nil {
			return err
		}
	}
	return nil
}
