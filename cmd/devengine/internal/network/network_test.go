package network

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func prefixes(texts ...string) []netip.Prefix {
	var list []netip.Prefix
	for _, text := range texts {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}

func TestFreeRange(t *testing.T) {
	first, err := FreeRange("1234abcd", nil)
	if err != nil || first.Bits() != 16 || !netip.MustParsePrefix("10.128.0.0/9").Overlaps(first) {
		t.Fatalf("range %s, %v", first, err)
	}
	if again, _ := FreeRange("1234abcd", nil); again != first {
		t.Errorf("the same engine gets %s and %s", first, again)
	}
	if other, _ := FreeRange("1234abcd", []netip.Prefix{first}); other == first {
		t.Errorf("range %s is in use", other)
	}
	tests := []struct {
		used []netip.Prefix
		want string
	}{
		{prefixes("10.0.0.0/8"), "172.31.0.0/16"},
		{prefixes("10.0.0.0/8", "172.31.9.0/24"), "172.30.0.0/16"},
		{prefixes("10.0.0.0/8", "172.16.0.0/12"), "198.18.0.0/16"},
	}
	for _, test := range tests {
		got, err := FreeRange("1234abcd", test.used)
		if err != nil || got.String() != test.want {
			t.Errorf("beside %v: %s, %v; want %s", test.used, got, err, test.want)
		}
	}
	if got, err := FreeRange("1234abcd", prefixes("0.0.0.0/1", "128.0.0.0/1")); err == nil {
		t.Errorf("beside everything: %s", got)
	}
}

func TestParseRoutes(t *testing.T) {
	table := `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	010200C0	0003	0	0	0	00000000	0	0	0
eth0	000200C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
tun0	0000800A	00000000	0001	0	0	0	000080FF	0	0	0
`
	got, err := parseRoutes(strings.NewReader(table))
	if err != nil {
		t.Fatal(err)
	}
	want := prefixes("192.0.2.0/24", "10.128.0.0/9")
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Errorf("routes (-want +got):\n%s", diff)
	}
	if _, err := parseRoutes(strings.NewReader("eth0 xyz 0 0 0 0 0 00FFFFFF 0 0 0\n")); err == nil {
		t.Error("a line that is no route was taken for one")
	}
	if _, err := Used(); err != nil {
		t.Errorf("this machine's own: %v", err)
	}
}

func TestPlan(t *testing.T) {
	plan, err := NewPlan("1234abcd", "10.130.0.0/16")
	if err != nil {
		t.Fatal(err)
	}
	got := []string{plan.Bridge(), plan.Gateway(), plan.BridgeAddress(), plan.GatewaySubnet().String(), plan.Pool().String()}
	want := []string{"dv1234abcd", "dv1234abcdgw", "10.130.0.1/20", "10.130.64.0/20", "10.130.128.0/17"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	bridge := netip.MustParsePrefix(plan.BridgeAddress()).Masked()
	if bridge.Overlaps(plan.GatewaySubnet()) || bridge.Overlaps(plan.Pool()) || plan.GatewaySubnet().Overlaps(plan.Pool()) {
		t.Error("parts of the plan overlap")
	}
	const longestLink, longestChain = 15, 28
	if len(plan.Gateway()) > longestLink || len(chain(plan.id)) > longestChain {
		t.Errorf("names %s and %s are too long", plan.Gateway(), chain(plan.id))
	}
	for _, text := range []string{"", "10.130.0.0/17", "x"} {
		if _, err := NewPlan("1234abcd", text); err == nil {
			t.Errorf("%q was taken for a range", text)
		}
	}
}

func TestOwns(t *testing.T) {
	plan := Plan{id: "1234abcd"}
	database := `{"ID":"0123456789abcdef"}`
	for name, want := range map[string]bool{
		"dv1234abcd":      true,
		"dv1234abcdgw":    true,
		"br-0123456789ab": true,
		"br-999999999999": false,
		"br-0":            false,
		"docker0":         false,
		"docker_gwbridge": false,
		"dv99999999":      false,
	} {
		if got := plan.owns(net.Interface{Name: name, Index: -1}, database); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestChoosePort(t *testing.T) {
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	port := taken.Addr().(*net.TCPAddr).Port
	if got, err := (Port{Number: port}).Choose(0, false); err != nil || got <= port {
		t.Errorf("beside a port in use: %d, %v", got, err)
	}
	if got, err := (Port{Number: port, Fixed: true}).Choose(0, false); err == nil {
		t.Errorf("a port in use was given out: %d", got)
	}
	if got, err := (Port{Number: 2376}).Choose(port, true); err != nil || got != port {
		t.Errorf("the port of a running engine: %d, %v", got, err)
	}
	if _, err := (Port{Number: 2376, Fixed: true}).Choose(port, true); err == nil {
		t.Error("a running engine was moved")
	}
	free, err := (Port{Number: port + 1}).Choose(0, false)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := (Port{Number: port + 1}).Choose(0, false, free); err != nil || got <= free {
		t.Errorf("a port that was to be avoided: %d, %v", got, err)
	}
	if got, err := (Port{Number: port}).Choose(free, false); err != nil || got != free {
		t.Errorf("the port of the last time: %d, %v, want %d", got, err, free)
	}
}
