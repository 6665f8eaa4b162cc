package e2e

import (
	"encoding/json"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"airdock.dev/airdock/protocol"
)

// volume makes a volume of the scenario, which is removed after it.
func (s *story) volume(name string, flags ...string) string {
	s.Helper()
	name = s.id + "-" + name
	got := s.airdock(slices.Concat([]string{"volume", "create", "--label", testLabel + "=" + s.id}, flags, []string{name})...)
	s.want(got, 0, name+"\n")
	return name
}

// using starts a container that has the volume at /data, and returns its id.
func (s *story) using(volume string) (*process, string) {
	s.Helper()
	p := s.start("run", "--rm", "-v", volume+":/data", "bash", "-c", polite)
	p.prints("ready")
	return p, s.containers()[0].ID
}

// refused checks a command that ends with one sentence of error.
func (s *story) refused(got result, words ...string) {
	s.Helper()
	if got.code != 1 || got.stdout != "" || strings.Count(got.stderr, "\n") != 1 {
		s.Errorf("code %d, stdout %q, stderr %q", got.code, got.stdout, got.stderr)
	}
	for _, word := range words {
		if !strings.Contains(got.stderr, word) {
			s.Errorf("%q does not mention %q", got.stderr, word)
		}
	}
}

func TestVolumeCreate(t *testing.T) {
	s := tell(t, "a volume is made with its driver, options and labels, and made again it is the same")
	options := []string{"-d", "local", "-o", "type=tmpfs", "-o", "device=tmpfs", "-o", "o=size=1m,uid=1000", "--label", "team=blue"}
	name := s.volume("a", options...)
	s.step("inspect prints the engine's object", func() {
		got := s.airdock("volume", "inspect", name)
		var object struct {
			Name, Driver    string
			Options, Labels map[string]string
		}
		if err := json.Unmarshal([]byte(got.stdout), &object); err != nil || got.code != 0 {
			s.Fatalf("code %d, %v, %s", got.code, err, got.stdout)
		}
		if object.Name != name || object.Driver != "local" || object.Options["o"] != "size=1m,uid=1000" || object.Labels["team"] != "blue" {
			s.Errorf("told %+v", object)
		}
	})
	s.step("a container sees the options at work", func() {
		s.want(s.airdock("run", "--rm", "-v", name+":/data", "bash", "-c", "stat -c %u /data; df -k /data | tail -1 | awk '{print $2}'"), 0, "1000\n1024\n")
	})
	s.step("the same again, or with fewer options, is done", func() {
		s.volume("a", options...)
		s.volume("a")
	})
	s.step("other options are a conflict, and shown without their values", func() {
		got := s.airdock("volume", "create", "-o", "type=tmpfs", "-o", "o=size=2m", name)
		s.refused(got, name, "the driver option o")
		if strings.Contains(got.stderr, "2m") || strings.Contains(got.stderr, "1m") {
			s.Errorf("stderr %q", got.stderr)
		}
	})
	s.step("a program gets the kind", func() {
		got := s.callTo(&protocol.Call{Operation: &protocol.Call_VolumeCreate{VolumeCreate: &protocol.VolumeCreateRequest{
			Volume: &protocol.Volume{Name: name}, DriverOptions: map[string]string{"type": "nfs"},
		}}})
		if got.code != 125 || got.last().GetError().GetKind() != protocol.ErrorKind_VOLUME_CONFLICT {
			s.Errorf("code %d, %s", got.code, got.stdout)
		}
	})
	s.want(s.airdock("volume", "rm", name), 0, name+"\n")
	s.nothingIsLeft(0)
}

// TestVolumeDriverUnknown: the engine looks for a driver for 15 s.
func TestVolumeDriverUnknown(t *testing.T) {
	s := tell(t, "a driver that the engine lacks is the caller's mistake")
	got := s.callTo(&protocol.Call{Operation: &protocol.Call_VolumeCreate{VolumeCreate: &protocol.VolumeCreateRequest{
		Volume: &protocol.Volume{Name: s.id}, Driver: "no-such-driver", Labels: map[string]string{testLabel: s.id},
	}}})
	if failure := got.last().GetError(); failure.GetKind() != protocol.ErrorKind_INVALID_REQUEST || !strings.Contains(failure.GetMessage(), "no-such-driver") {
		s.Errorf("got %s", got.stdout)
	}
	s.nothingIsLeft(0)
}

func TestVolumeList(t *testing.T) {
	s := tell(t, "volumes are listed by label, part of the name, driver and use, sorted")
	blue, dotted, red := s.volume("b", "--label", "team=blue"), s.volume("a.b", "--label", "team="), s.volume("axb", "--label", "team=red")
	p, _ := s.using(red)
	mine := "label=" + testLabel + "=" + s.id
	for want, filters := range map[string][]string{
		dotted + "\n" + red + "\n" + blue + "\n": {"driver=local"},
		blue + "\n":                              {"label=team=blue"},
		dotted + "\n":                            {"name=" + s.id + "-a.b"},
		red + "\n":                               {"dangling=false"},
		dotted + "\n" + blue + "\n":              {"dangling=true"},
		"":                                       {"driver=none"},
	} {
		args := []string{"volume", "ls", "-q", "-f", mine}
		for _, filter := range filters {
			args = append(args, "-f", filter)
		}
		s.want(s.airdock(args...), 0, want)
	}
	got := s.airdock("volume", "ls", "--filter", mine, "--filter", "label=team=red")
	s.want(got, 0, "DRIVER    VOLUME NAME\nlocal     "+red+"\n")
	object := s.airdock("volume", "ls", "--filter", mine, "--filter", "label=team=red", "--format", "json")
	if !strings.HasPrefix(object.stdout, "{") || strings.Count(object.stdout, "\n") != 1 || !strings.Contains(object.stdout, `"Name":"`+red+`"`) {
		s.Errorf("as JSON: %q", object.stdout)
	}
	p.signal(syscall.SIGTERM)
	p.ends(8 * time.Second)
}

func TestVolumeRemove(t *testing.T) {
	s := tell(t, "a volume is removed unless a container uses it, which is named")
	name := s.volume("a")
	p, id := s.using(name)
	remove := func(force bool) protocol.ErrorKind {
		return s.callTo(&protocol.Call{Operation: &protocol.Call_VolumeRemove{VolumeRemove: &protocol.VolumeRemoveRequest{
			Volume: &protocol.Volume{Name: name}, Force: force,
		}}}).last().GetError().GetKind()
	}
	s.step("in use it stays, by force as well", func() {
		s.refused(s.airdock("volume", "rm", name), name, id)
		s.refused(s.airdock("volume", "rm", "-f", name), name, id)
		if ordinary, forced := remove(false), remove(true); ordinary != protocol.ErrorKind_VOLUME_IN_USE || forced != ordinary {
			s.Errorf("kinds %s and %s", ordinary, forced)
		}
	})
	p.signal(syscall.SIGTERM)
	p.ends(8 * time.Second)
	s.step("what can be removed is, whatever else is not", func() {
		got := s.airdock("volume", "rm", name+"-no", name)
		if got.code != 1 || got.stdout != name+"\n" || !strings.Contains(got.stderr, "no volume "+name+"-no") {
			s.Errorf("code %d, stdout %q, stderr %q", got.code, got.stdout, got.stderr)
		}
	})
	s.step("missing it is an error, and by force it is none", func() {
		s.refused(s.airdock("volume", "rm", name), "no volume "+name)
		s.refused(s.airdock("volume", "inspect", name), "no volume "+name)
		s.want(s.airdock("volume", "rm", "-f", name), 0, name+"\n")
		if kind := remove(false); kind != protocol.ErrorKind_VOLUME_NOT_FOUND {
			s.Errorf("kind %s", kind)
		}
	})
	s.nothingIsLeft(0)
}

func TestVolumePrune(t *testing.T) {
	s := tell(t, "a prune removes what has the label, and leaves and names what is in use")
	label := s.id + "=1"
	first, used, last, other := s.volume("1", "--label", label), s.volume("2", "--label", label), s.volume("3", "--label", label), s.volume("4")
	p, _ := s.using(used)
	s.step("nobody says yes, and nothing happens", func() {
		s.want(s.airdock("volume", "prune", "--filter", "label="+label), 0, "")
	})
	s.step("without a filter it is refused", func() {
		s.refused(s.airdock("volume", "prune", "-f"), "label")
		got := s.callTo(&protocol.Call{Operation: &protocol.Call_VolumePrune{VolumePrune: &protocol.VolumePruneRequest{}}})
		if got.last().GetError().GetKind() != protocol.ErrorKind_INVALID_REQUEST {
			s.Errorf("got %s", got.stdout)
		}
	})
	s.step("with the label only what has it goes", func() {
		got := s.airdock("volume", "prune", "-f", "--filter", "label="+label)
		s.want(got, 0, first+"\n"+last+"\n")
		if got.stderr != "In use: "+used+"\n" {
			s.Errorf("stderr %q", got.stderr)
		}
		s.want(s.airdock("volume", "ls", "-q", "-f", "label="+testLabel+"="+s.id), 0, used+"\n"+other+"\n")
	})
	p.signal(syscall.SIGTERM)
	p.ends(8 * time.Second)
}
