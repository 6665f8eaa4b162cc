package main

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// archive is a container's folder, as a tar.
func archive(id string) string { return "/containers/" + id + "/archive?path=/v" }

// put packs a local tree into /v of a container, and does no more than a tar needs.
func (e *engine) put(ctx context.Context, id, local string) error {
	reader, writer := io.Pipe()
	go func() { writer.CloseWithError(pack(writer, local)) }()
	response, err := e.do(ctx, http.MethodPut, archive(id), reader)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

func pack(w io.Writer, local string) error {
	out := tar.NewWriter(w)
	err := filepath.WalkDir(local, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == local {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		header, err := tar.FileInfoHeader(info, "")
		if err != nil {
			return err
		}
		header.Name, _ = filepath.Rel(local, path)
		if err := out.WriteHeader(header); err != nil || info.IsDir() {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		_, err = io.Copy(out, file)
		return err
	})
	return errors.Join(err, out.Close())
}

// get unpacks /v of a container into a local folder.
func (e *engine) get(ctx context.Context, id, local string) error {
	response, err := e.do(ctx, http.MethodGet, archive(id)+"/.", nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	for in := tar.NewReader(response.Body); ; {
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		path := filepath.Join(local, header.Name)
		if header.Typeflag == tar.TypeDir {
			err = os.MkdirAll(path, 0o755)
		} else {
			err = unpack(path, in, header)
		}
		if err != nil {
			return err
		}
	}
}

func unpack(path string, content io.Reader, header *tar.Header) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, header.FileInfo().Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close(), os.Chtimes(path, time.Time{}, header.ModTime))
}
