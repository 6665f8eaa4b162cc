package volume

import (
	"bytes"
	"debug/elf"
	"errors"
	"testing"

	"airdock.dev/airdock/protocol"
)

// TestProgramsAreForTheirMachines looks at the programs of go generate.
func TestProgramsAreForTheirMachines(t *testing.T) {
	t.Parallel()
	if _, err := programs.ReadFile("program/helpers.tar.zst"); err != nil {
		t.Fatal("this build has no helpers: run `make helpers`")
	}
	versions := map[string]bool{}
	for arch, machine := range map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64} {
		helper, err := findProgram(arch)
		if err != nil {
			t.Fatal(err)
		}
		versions[helper.version] = true
		content, err := helper.unpack()
		if err != nil {
			t.Fatalf("%s: %v", arch, err)
		}
		file, err := elf.NewFile(bytes.NewReader(content))
		if err != nil || file.Machine != machine {
			t.Errorf("%s: the helper is for %v, %v", arch, file, err)
		}
	}
	if len(versions) != len(machines) {
		t.Errorf("%d versions for %d machines", len(versions), len(machines))
	}
}

func TestNoProgramForAnotherMachine(t *testing.T) {
	t.Parallel()
	for _, arch := range []string{"", "riscv64", "../program", "x86_64"} {
		_, err := findProgram(arch)
		var failure *protocol.Failure
		if !errors.As(err, &failure) || failure.Kind != protocol.ErrorKind_HELPER_UNAVAILABLE {
			t.Errorf("%q: %v", arch, err)
		}
	}
}

func BenchmarkUnpack(b *testing.B) {
	helper, err := findProgram("arm64")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := helper.unpack(); err != nil {
			b.Fatal(err)
		}
	}
}
