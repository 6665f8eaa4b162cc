package plugin

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"

	"github.com/hashicorp/go-hclog"

	"airdock.dev/airdock/protocol"
)

// startProfile writes a CPU profile of this process into folder, and a heap
// profile when the function that it returns is called. With no folder it does
// nothing. A profile holds names of functions and of gRPC methods, and counts; no
// value of a run.
func startProfile(folder string, log hclog.Logger) (stop func(), err error) {
	if folder == "" {
		// The runtime keeps samples of the heap whether or not anybody reads them.
		runtime.MemProfileRate = 0
		return func() {}, nil
	}
	cpu, err := createProfile(folder, "cpu")
	if err != nil {
		return nil, fmt.Errorf("profiles cannot be written (%w); let %s name a folder that this user may write to, or unset it",
			err, protocol.EnvProfile)
	}
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return nil, fmt.Errorf("start the CPU profile: %w", err)
	}
	return func() {
		pprof.StopCPUProfile()
		if err := cpu.Close(); err != nil {
			log.Error("the CPU profile is incomplete", "error", err)
		}
		if err := writeHeapProfile(folder); err != nil {
			log.Error("the heap profile is incomplete", "error", err)
		}
	}, nil
}

func writeHeapProfile(folder string) error {
	heap, err := createProfile(folder, "heap")
	if err != nil {
		return err
	}
	defer heap.Close()
	// The profile is as of the last collection.
	runtime.GC()
	if err := pprof.WriteHeapProfile(heap); err != nil {
		return err
	}
	return heap.Close()
}

func createProfile(folder, kind string) (*os.File, error) {
	name := fmt.Sprintf("airdock-plugin-%d.%s.pprof", os.Getpid(), kind)
	return os.OpenFile(filepath.Join(folder, name), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
}
