package network

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"

	"airdock.dev/airdock/cmd/devengine/internal/program"
)

// EnsureBridge makes the default bridge of the plan, or repairs it.
func EnsureBridge(ctx context.Context, plan Plan) error {
	name := plan.Bridge()
	if _, err := net.InterfaceByName(name); err != nil {
		if _, err := program.Run(ctx, "ip", "link", "add", "name", name, "type", "bridge"); err != nil {
			return fmt.Errorf("make bridge %s: %w", name, err)
		}
	}
	if _, err := program.Run(ctx, "ip", "addr", "replace", plan.BridgeAddress(), "dev", name); err != nil {
		return fmt.Errorf("give bridge %s its address: %w", name, err)
	}
	if _, err := program.Run(ctx, "ip", "link", "set", name, "up"); err != nil {
		return fmt.Errorf("bring up bridge %s: %w", name, err)
	}
	return nil
}

// RemoveBridges removes the bridges named after id and those of networks that
// were made in the engine, which it leaves behind whenever it ends: their ids
// stand in its network database, and most have an address of its range.
func RemoveBridges(ctx context.Context, id, addresses, database string) error {
	links, err := net.Interfaces()
	if err != nil {
		return fmt.Errorf("list links: %w", err)
	}
	plan := Plan{id: id}
	plan.Range, _ = netip.ParsePrefix(addresses) // unknown when the state was lost
	known, _ := os.ReadFile(database)            // it may be gone, or never have been
	for _, link := range links {
		if !plan.owns(link, string(known)) {
			continue
		}
		if _, err := program.Run(ctx, "ip", "link", "delete", link.Name); err != nil {
			return fmt.Errorf("remove bridge %s: %w", link.Name, err)
		}
	}
	return nil
}

// owns tells whether a link is a bridge of the engine.
func (p Plan) owns(link net.Interface, database string) bool {
	if link.Name == p.Bridge() || link.Name == p.Gateway() {
		return true
	}
	network, ok := strings.CutPrefix(link.Name, "br-")
	if !ok || len(network) != 12 {
		return false
	}
	if strings.Contains(database, network) {
		return true
	}
	addresses, err := link.Addrs()
	if err != nil {
		return false
	}
	return slices.ContainsFunc(addresses, func(address net.Addr) bool {
		prefix, err := netip.ParsePrefix(address.String())
		return err == nil && p.Range.IsValid() && p.Range.Contains(prefix.Addr())
	})
}
