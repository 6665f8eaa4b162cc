// Package network chooses free ports and address ranges, and makes and removes
// the bridges and packet filter rules of one engine: only ones that carry the
// engine's name. It imports program for running ip and iptables.
package network

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
)

// FreeRange chooses a /16 that overlaps none of used. The first choice follows
// from id, so that engines that start at once rarely want the same one.
func FreeRange(id string, used []netip.Prefix) (netip.Prefix, error) {
	for _, candidate := range candidates(id) {
		if !slices.ContainsFunc(used, candidate.Overlaps) {
			return candidate, nil
		}
	}
	return netip.Prefix{}, errors.New("no private address range is free for the engine's containers: every one overlaps a route of this machine")
}

func candidates(id string) []netip.Prefix {
	const tens, first = 120, 128 // 10.128.0.0/16 to 10.247.0.0/16
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(id))
	offset := int(hash.Sum32() % tens)
	var list []netip.Prefix
	for i := range tens {
		list = append(list, sixteen(10, first+(offset+i)%tens))
	}
	for second := 31; second >= 16; second-- {
		list = append(list, sixteen(172, second))
	}
	// Set aside for benchmarks (RFC 2544): the last way out where a VPN has
	// taken all private ranges.
	return append(list, sixteen(198, 18), sixteen(198, 19))
}

func sixteen(a, b int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(a), byte(b), 0, 0}), 16)
}

// Used lists the IPv4 ranges that the machine's addresses and routes take.
func Used() ([]netip.Prefix, error) {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("read addresses: %w", err)
	}
	var used []netip.Prefix
	for _, address := range addresses {
		prefix, err := netip.ParsePrefix(address.String())
		if err == nil && prefix.Addr().Is4() {
			used = append(used, prefix.Masked())
		}
	}
	routes, err := os.Open("/proc/net/route")
	if err != nil {
		return nil, fmt.Errorf("read routes: %w", err)
	}
	defer func() { _ = routes.Close() }()
	routed, err := parseRoutes(routes)
	return append(used, routed...), err
}

// parseRoutes reads the format of /proc/net/route, without default routes.
func parseRoutes(from io.Reader) ([]netip.Prefix, error) {
	var routes []netip.Prefix
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 8 || fields[0] == "Iface" {
			continue
		}
		destination, destinationErr := hexAddress(fields[1])
		mask, maskErr := hexAddress(fields[7])
		if err := errors.Join(destinationErr, maskErr); err != nil {
			return nil, fmt.Errorf("read route %q: %w", lines.Text(), err)
		}
		ones, _ := net.IPMask(mask.AsSlice()).Size()
		if ones > 0 {
			routes = append(routes, netip.PrefixFrom(destination, ones))
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read routes: %w", err)
	}
	return routes, nil
}

// hexAddress reads an address as the kernel prints it: one number in the
// machine's own byte order.
func hexAddress(text string) (netip.Addr, error) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != 4 {
		return netip.Addr{}, fmt.Errorf("%q is no address", text)
	}
	var address [4]byte
	binary.NativeEndian.PutUint32(address[:], binary.BigEndian.Uint32(raw))
	return netip.AddrFrom4(address), nil
}
