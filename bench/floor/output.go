package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// follow runs a container and hands each line of its output to line, which must
// not keep it. By attach its output comes as it is written; by GET /logs, as
// `docker logs` reads it, the engine reads its log file anew, and a run can be
// followed from any place again.
func (e *engine) follow(ctx context.Context, way, image string, command []string, line func([]byte)) error {
	id, err := e.create(ctx, image, command)
	if err != nil {
		return err
	}
	err = e.readAll(ctx, way, id, line)
	return errors.Join(err, e.remove(ctx, id))
}

func (e *engine) readAll(ctx context.Context, way, id string, line func([]byte)) error {
	var output io.ReadCloser
	if way == "attach" {
		// The engine answers 101, and what then comes over the connection is the output.
		response, err := e.do(ctx, http.MethodPost, "/containers/"+id+"/attach?stream=1&stdout=1&stderr=1", nil,
			"Connection", "Upgrade", "Upgrade", "tcp")
		if err != nil {
			return err
		}
		output = response.Body
	}
	if err := e.start(ctx, id); err != nil {
		return err
	}
	if way == "logs" {
		response, err := e.do(ctx, http.MethodGet, "/containers/"+id+"/logs?follow=1&stdout=1&stderr=1", nil)
		if err != nil {
			return err
		}
		output = response.Body
	}
	if output == nil {
		return fmt.Errorf("output is read by attach or by logs, and not by %q", way)
	}
	defer output.Close()
	if err := eachLine(output, line); err != nil {
		return err
	}
	return e.wait(ctx, id)
}

// eachLine takes the engine's frames (8 bytes of header, the last four the
// length) apart into lines of valid UTF-8.
func eachLine(output io.Reader, line func([]byte)) error {
	reader := bufio.NewReaderSize(output, 1<<16)
	var header [8]byte
	var pending []byte
	for {
		if _, err := io.ReadFull(reader, header[:]); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		size := int(binary.BigEndian.Uint32(header[4:]))
		begin := len(pending)
		pending = slices.Grow(pending, size)[:begin+size]
		if _, err := io.ReadFull(reader, pending[begin:]); err != nil {
			return err
		}
		rest := pending
		for {
			end := bytes.IndexByte(rest, '\n')
			if end < 0 {
				break
			}
			line(decoded(rest[:end]))
			rest = rest[end+1:]
		}
		pending = append(pending[:0], rest...)
	}
	if len(pending) > 0 {
		line(decoded(pending))
	}
	return nil
}

func decoded(line []byte) []byte {
	if utf8.Valid(line) {
		return line
	}
	return bytes.ToValidUTF8(line, []byte("\uFFFD"))
}

// drain counts the lines of a container.
func (e *engine) drain(ctx context.Context, way, image string, command []string) (map[string]any, error) {
	lines := 0
	began := time.Now()
	err := e.follow(ctx, way, image, command, func([]byte) { lines++ })
	return map[string]any{"seconds": time.Since(began).Seconds(), "lines": lines}, err
}

// delays returns how late each line was that tells the time at which it was printed.
func (e *engine) delays(ctx context.Context, way, image string, command []string) (map[string]any, error) {
	var found []float64
	err := e.follow(ctx, way, image, command, func(line []byte) {
		if printed, err := strconv.ParseFloat(string(line), 64); err == nil {
			found = append(found, (float64(time.Now().UnixNano())/1e9-printed)*1000)
		}
	})
	return map[string]any{"delays": found}, err
}
