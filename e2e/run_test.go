package e2e

import (
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestRunStreamsAndExitCode(t *testing.T) {
	s := tell(t, "airdock run keeps the two streams apart and ends with the container's code")
	var got result
	s.step("a container writes to both streams and exits with 7", func() {
		got = s.airdock("run", "--rm", "bash", "-c", "echo out; echo err >&2; exit 7")
	})
	s.step("each line is on its own stream, and nothing else is there", func() {
		s.want(got, 7, "out\n")
		if got.stderr != "err\n" {
			s.Errorf("stderr %q", got.stderr)
		}
	})
	s.step("the container is gone", func() { s.nothingIsLeft(0) })
}

func TestRunExitCodes(t *testing.T) {
	tell(t, "the image is there, so that no pull has anything to say").airdock("image", "pull", "busybox")
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"success":                     {[]string{"busybox", "true"}, 0, ""},
		"failure":                     {[]string{"busybox", "false"}, 1, ""},
		"the highest code":            {[]string{"busybox", "sh", "-c", "exit 255"}, 255, ""},
		"a shell's 127":               {[]string{"busybox", "sh", "-c", "no-such-program"}, 127, "not found"},
		"a shell's 126":               {[]string{"busybox", "sh", "-c", "/etc/passwd"}, 126, ""},
		"killed":                      {[]string{"busybox", "sh", "-c", "sh -c 'kill -9 $$'; exit $?"}, 137, ""},
		"the engine finds no command": {[]string{"busybox", "no-such-program"}, 127, "no such command"},
		"the engine may not run it":   {[]string{"busybox", "/etc/passwd"}, 126, "may not be executed"},
		"no such image":               {[]string{"airdock-no-such-image"}, 125, "airdock-no-such-image"},
		"no such flag":                {[]string{"--no-such-flag", "busybox"}, 125, "no-such-flag"},
		"a flag without meaning":      {[]string{"--pull", "sometimes", "busybox"}, 125, "sometimes"},
		"no image":                    {nil, 1, "arg"},
	} {
		t.Run(name, func(t *testing.T) {
			s := tell(t, "the exit code of "+name)
			got := s.airdock(append([]string{"run", "--rm"}, c.args...)...)
			s.want(got, c.code, "")
			if !strings.Contains(got.stderr, c.says) {
				s.Errorf("stderr %q does not say %q", got.stderr, c.says)
			}
			if strings.Count(got.stderr, "\n") > 2 {
				s.Errorf("stderr is more than a sentence: %s", got.stderr)
			}
			s.nothingIsLeft(0)
		})
	}
}

func TestRunWithoutRmKeepsTheContainer(t *testing.T) {
	s := tell(t, "without --rm the container stays to be looked at")
	s.want(s.airdock("run", "busybox", "true"), 0, "")
	if left := s.containers(); len(left) != 1 || left[0].State != "exited" {
		s.Errorf("left are %+v", left)
	}
	s.noProcessIsLeft(0)
}

func TestRunOptionsArrive(t *testing.T) {
	s := tell(t, "what the flags ask for is what the container sees")
	script := `echo "$A-$B"; pwd; id -u; id -g; cat /proc/sys/kernel/hostname; cat /m/file; df /t | tail -1 | cut -c1-5`
	got := s.airdock("run", "--rm", "-e", "A=1", "--env", "B=two words", "-w", "/tmp", "-u", "1000:1001", "--hostname", "box",
		"--mount", "type=volume,dst=/m,volume-label="+testLabel+"="+s.id, "--tmpfs", "/t", "--entrypoint", "sh", "busybox", "-c",
		strings.Replace(script, "cat /m/file", "ls -d /m", 1))
	s.want(got, 0, "1-two words\n/tmp\n1000\n1001\nbox\n/m\ntmpfs\n")
	s.nothingIsLeft(0)
}

func TestRunBytesAreExact(t *testing.T) {
	s := tell(t, "whatever bytes a container writes arrive as they are, although json-file keeps text")
	script := `i=0; while [ $i -lt 64 ]; do head -c 16000 /dev/zero | tr '\0' '\377'; echo; i=$((i+1)); done; printf 'a\r\nb\0c'`
	want := strings.Repeat(strings.Repeat("\xff", 16000)+"\n", 64) + "a\r\nb\x00c"
	for _, driver := range []string{"json-file", "local", "none"} {
		got := s.airdock("run", "--rm", "--log-driver", driver, "busybox", "sh", "-c", script)
		if got.stdout != want || got.code != 0 {
			s.Errorf("%s: code %d, %d bytes of %d, the end is %q", driver, got.code, len(got.stdout), len(want), got.stdout[max(0, len(got.stdout)-10):])
		}
	}
}

// TestRunShowsWhatHasNoLineEnd: json-file would have it only when 16 KiB are there.
func TestRunShowsWhatHasNoLineEnd(t *testing.T) {
	s := tell(t, "a bar that is redrawn shows before 16 KiB of it are there")
	p := s.startCall(s.runCall("bar", []string{"bash", "-c", `printf '50 %%\r'; sleep 60`}, nil))
	p.prints("50 %")
	p.signal(syscall.SIGTERM)
	p.ends(20 * time.Second)
	s.nothingIsLeft(5 * time.Second)
}

// TestRunLastOutputWithoutAnEnd: engine 20.10 ends a followed log now and then
// before a last message that has no line end.
func TestRunLastOutputWithoutAnEnd(t *testing.T) {
	s := tell(t, "the last output arrives although it does not end its line")
	for range 10 {
		s.want(s.airdock("run", "--rm", "busybox", "sh", "-c", `printf 'one\ntwo'`), 0, "one\ntwo")
	}
}

func TestRunTTY(t *testing.T) {
	s := tell(t, "with -t the container has a terminal, and both streams are one")
	s.want(s.airdock("run", "--rm", "-t", "busybox", "sh", "-c", "tty >/dev/null && echo terminal; echo err >&2"), 0, "terminal\r\nerr\r\n")
}

func TestRunLogDriverThatCannotBeRead(t *testing.T) {
	s := tell(t, "the output of a container without a log shows, and the code is right")
	s.want(s.airdock("run", "--rm", "--log-driver", "none", "busybox", "sh", "-c", "echo seen; echo error >&2; exit 4"), 4, "seen\n")
	s.nothingIsLeft(0)
}

// TestRunManyLines looks for lines that are lost, doubled or out of order.
func TestRunManyLines(t *testing.T) {
	s := tell(t, "a flood of lines arrives whole and in order")
	got := s.airdock("run", "--rm", "busybox", "seq", "50000")
	lines := strings.Split(strings.TrimSuffix(got.stdout, "\n"), "\n")
	for n, line := range lines {
		if line != strconv.Itoa(n+1) {
			s.Fatalf("line %d is %q", n+1, line)
		}
	}
	if len(lines) != 50_000 || got.code != 0 {
		s.Errorf("code %d, %d lines; stderr %s", got.code, len(lines), got.stderr)
	}
}

func TestRunIsLive(t *testing.T) {
	s := tell(t, "a line shows while its container still runs, at the command line and in a call")
	for name, begin := range map[string]func() *process{
		"run": func() *process {
			return s.start("run", "--rm", "--stop-timeout", "0", "bash", "-c", "echo first; sleep 60; echo last")
		},
		"call": func() *process {
			return s.startCall(s.runCall("live", []string{"bash", "-c", "echo first; sleep 60; echo last"}, nil))
		},
	} {
		s.step(name+": the first line is there, and the container still runs", func() {
			p := begin()
			p.prints("first")
			if !s.running() {
				s.Errorf("%s: the container does not run any more", name)
			}
			p.signal(syscall.SIGTERM)
			if rest := p.ends(10 * time.Second); strings.Contains(rest.stdout, "last") {
				s.Errorf("%s: it printed the last line", name)
			}
		})
	}
	s.nothingIsLeft(5 * time.Second)
}
