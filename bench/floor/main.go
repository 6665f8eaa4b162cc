// Command floor is the least that a client of the Engine API can do: net/http
// over mutual TLS, and nothing that is not needed for the one thing it is asked
// for. The benchmarks compare with it. Package contender says how it is asked.
//
//	floor start                          a container that runs `true`
//	floor many N                         N of them at once
//	floor lines attach|logs IMAGE CMD…   count a container's lines
//	floor delay attach|logs IMAGE CMD…   how late its lines are, in ms
//	floor put|get CONTAINER FOLDER       a tree into /v of a container, or back
//	floor relay                          pass connections on and count bytes
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"airdock.dev/airdock/bench/contender"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("say what to do: start, many, lines, delay, put, get or relay")
	}
	if args[0] == "relay" {
		return relay()
	}
	e, err := newEngine()
	if err != nil {
		return err
	}
	return contender.Answer(func() (map[string]any, error) { return e.once(ctx, args[0], args[1:]) })
}

func (e *engine) once(ctx context.Context, what string, args []string) (map[string]any, error) {
	switch {
	case what == "start":
		return timed(func() error { return e.cycle(ctx) })
	case what == "many" && len(args) == 1:
		return timed(func() error { return e.many(ctx, args[0]) })
	case what == "lines" && len(args) > 2:
		return e.drain(ctx, args[0], args[1], args[2:])
	case what == "delay" && len(args) > 2:
		return e.delays(ctx, args[0], args[1], args[2:])
	case what == "put" && len(args) == 2:
		return timed(func() error { return e.put(ctx, args[0], args[1]) })
	case what == "get" && len(args) == 2:
		return timed(func() error { return e.get(ctx, args[0], args[1]) })
	}
	return nil, fmt.Errorf("%s cannot be done with %d arguments", what, len(args))
}

// many runs containers side by side.
func (e *engine) many(ctx context.Context, count string) error {
	number, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	failed := make([]error, number)
	var all sync.WaitGroup
	for i := range number {
		all.Go(func() { failed[i] = e.cycle(ctx) })
	}
	all.Wait()
	return errors.Join(failed...)
}

// timed returns how many seconds do took, and how many seconds of CPU.
func timed(do func() error) (map[string]any, error) {
	began, before := time.Now(), processorTime()
	if err := do(); err != nil {
		return nil, err
	}
	return map[string]any{"seconds": time.Since(began).Seconds(), "cpu": (processorTime() - before).Seconds()}, nil
}

func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
