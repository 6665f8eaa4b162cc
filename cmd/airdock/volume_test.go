package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"airdock.dev/airdock/protocol"
)

// wantMessage compares a message with its JSON.
func wantMessage[M proto.Message](t *testing.T, got, want M, text string) {
	t.Helper()
	if err := protojson.Unmarshal([]byte(text), want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestVolumeListFilters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		filters []string
		want    string
	}{
		{nil, `{}`},
		{[]string{"label=a", "label=b=c=d", "name=x", "driver=local", "dangling=true"}, `{"labels": {"a": "", "b": "c=d"}, "name": "x", "driver": "local", "dangling": true}`},
		{[]string{"dangling=0"}, `{"dangling": false}`},
	} {
		request, err := listRequest(c.filters)
		if err != nil {
			t.Errorf("%v: %v", c.filters, err)
			continue
		}
		wantMessage(t, request, &protocol.VolumeListRequest{}, c.want)
	}
	for _, filters := range [][]string{
		{"label"}, {"name="}, {"dangling=perhaps"}, {"size=1"}, {"name=a", "name=b"}, {"label==x"}, {"label=a", "label=a=b"}, {"label!=a"},
	} {
		if request, err := listRequest(filters); err == nil {
			t.Errorf("%v is taken for %v", filters, request)
		}
	}
}

// TestVolumePruneFilters: what is misread here removes what nobody meant.
func TestVolumePruneFilters(t *testing.T) {
	t.Parallel()
	request, err := pruneRequest([]string{"label=a=b", "label=c"})
	if err != nil {
		t.Fatal(err)
	}
	wantMessage(t, request, &protocol.VolumePruneRequest{}, `{"labels": {"a": "b", "c": ""}}`)
	for _, filters := range [][]string{nil, {"all=1"}, {"name=x"}, {"label="}, {"label=a=b", "label=a=c"}, {"label!=a"}} {
		if request, err := pruneRequest(filters); err == nil {
			t.Errorf("%v is taken for %v", filters, request)
		}
	}
}

func TestVolumePutRequest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		flags          putFlags
		source, target string
		want           string
	}{
		{putFlags{}, "/src/", "data", `{"volume": {"name": "data"}, "localPath": "/src"}`},
		{
			putFlags{mirror: true, create: true, owner: "1000:50", mode: "0400"}, "/f", "data:/in/a:b/",
			`{"volume": {"name": "data"}, "path": "/in/a:b/", "localPath": "/f", "mirror": true, "create": true, "owner": "1000:50", "mode": 256}`,
		},
		{putFlags{tar: true}, "/f.tar.gz", "data:", `{"volume": {"name": "data"}, "tar": "/f.tar.gz"}`},
	} {
		request, err := c.flags.request(c.source, c.target)
		if err != nil || request.GetKey() == "" {
			t.Errorf("%v: %v", request, err)
			continue
		}
		request.Key = ""
		wantMessage(t, request, &protocol.VolumePutRequest{}, c.want)
	}
	if request, _ := (&putFlags{}).request("relative", "data"); !filepath.IsAbs(request.GetLocalPath()) {
		t.Errorf("the plugin is given %s", request.GetLocalPath())
	}
	for _, mode := range []string{"rw", "0800", "10000", "-1"} {
		if request, err := (&putFlags{mode: mode}).request("/f", "data"); err == nil {
			t.Errorf("mode %s is taken for %o", mode, request.GetMode())
		}
	}
}

func TestVolumeGetRequest(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	refuse := getFlags{outputFlags: outputFlags{links: "refuse"}}
	for _, c := range []struct {
		flags          getFlags
		source, target string
		want           string
	}{
		{refuse, "data", "/no/such", `{"volume": {"name": "data"}, "output": {"path": "/", "target": "/no/such"}}`},
		{refuse, "data:a/*.log", "/no/such/", `{"volume": {"name": "data"}, "output": {"path": "a/*.log", "target": "/no/such/"}}`},
		{refuse, "data:a", folder, `{"volume": {"name": "data"}, "output": {"path": "a", "target": "` + folder + `/"}}`},
		{refuse, "data:a", "/", `{"volume": {"name": "data"}, "output": {"path": "a", "target": "/"}}`},
		{
			getFlags{outputFlags: outputFlags{links: "keep", maxBytes: "2k"}, optional: true}, "data:a", "/no/such",
			`{"volume": {"name": "data"}, "output": {"path": "a", "target": "/no/such", "optional": true, "maxBytes": "2048", "links": "LINKS_KEEP"}}`,
		},
		{getFlags{outputFlags: outputFlags{links: "skip"}}, "data:a", "/no/such", `{"volume": {"name": "data"}, "output": {"path": "a", "target": "/no/such", "links": "LINKS_SKIP"}}`},
	} {
		request, err := c.flags.request(c.source, c.target)
		if err != nil || request.GetKey() == "" {
			t.Errorf("%v: %v", request, err)
			continue
		}
		request.Key = ""
		wantMessage(t, request, &protocol.VolumeGetRequest{}, c.want)
	}
	for _, flags := range []outputFlags{{links: "follow"}, {}, {links: "skip", maxBytes: "much"}, {links: "skip", maxBytes: "0"}, {links: "skip", maxBytes: "-1"}} {
		if request, err := flags.output("/no/such"); err == nil {
			t.Errorf("%+v is taken for %v", flags, request)
		}
	}
}

// TestTransferDisplayLines: off a terminal a transfer is a few plain lines.
func TestTransferDisplayLines(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	d := newProgressDisplay(os.Stderr, false)
	say := func(p *protocol.TransferProgress) { d.line(&out, p, transferSentences(p)) }
	for n := range 100 {
		say(&protocol.TransferProgress{Path: "/models", Files: int64(n), Bytes: int64(n)})
	}
	d.last = time.Now().Add(-time.Minute)
	say(&protocol.TransferProgress{Path: "/models", Files: 3, FilesTotal: 9, Bytes: 1 << 20, BytesTotal: 2 << 20})
	d.last = time.Now().Add(-time.Minute)
	say(&protocol.TransferProgress{Path: "/models", Fetch: true, Files: 1, Bytes: 1 << 20})
	say(&protocol.TransferProgress{Path: "/models", Files: 9, Bytes: 2 << 20, Done: true})
	want := "Sending /models\nSending /models: 3 of 9 files, 1MiB of 2MiB\nFetching /models: 1 file, 1MiB\nSent /models: 9 files, 2MiB\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}
