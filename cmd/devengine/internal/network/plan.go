package network

import (
	"fmt"
	"net/netip"
)

// Plan divides one engine's range and names its links.
type Plan struct {
	id string
	// Range is all that the engine's bridges may use.
	Range netip.Prefix
}

// NewPlan is the plan of the engine id in a range that FreeRange chose.
func NewPlan(id, addresses string) (Plan, error) {
	prefix, err := netip.ParsePrefix(addresses)
	if err != nil || prefix.Bits() != 16 {
		return Plan{}, fmt.Errorf("%q is no address range of an engine", addresses)
	}
	return Plan{id: id, Range: prefix}, nil
}

// Bridge is the name of the default bridge; a link's name has 15 bytes at most.
func (p Plan) Bridge() string { return "dv" + p.id }

// Gateway is the name of the bridge through which services of a swarm reach
// the outside. Its usual name is one for the whole machine, so two engines
// would share it.
func (p Plan) Gateway() string { return p.Bridge() + "gw" }

// BridgeAddress is the default bridge's own address with its subnet.
func (p Plan) BridgeAddress() string {
	return netip.PrefixFrom(p.Range.Addr().Next(), 20).String()
}

// GatewaySubnet is the subnet of the swarm's gateway bridge.
func (p Plan) GatewaySubnet() netip.Prefix { return p.part(64, 20) }

// Pool is what networks made later take their subnets from.
func (p Plan) Pool() netip.Prefix { return p.part(128, 17) }

func (p Plan) part(third byte, bits int) netip.Prefix {
	address := p.Range.Addr().As4()
	address[2] = third
	return netip.PrefixFrom(netip.AddrFrom4(address), bits)
}
