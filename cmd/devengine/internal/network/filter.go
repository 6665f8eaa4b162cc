package network

import (
	"context"
	"fmt"
	"strings"

	"airdock.dev/airdock/cmd/devengine/internal/program"
)

// rule is one line of a packet filter, without the -A or -D before it.
type rule struct {
	table string
	text  string
}

// chain names our chains; 28 bytes is the longest that iptables takes.
func chain(id string) string { return "DEVENGINE-" + id }

// jumps are our only rules in chains that are not ours.
func jumps(id string) []rule {
	return []rule{
		{"filter", "FORWARD -j " + chain(id)},
		{"nat", "POSTROUTING -j " + chain(id)},
	}
}

// rules let the engine's networks reach the outside and each other.
func rules(plan Plan) []rule {
	name, from := chain(plan.id), plan.Range.String()
	return []rule{
		{"filter", name + " -s " + from + " -j ACCEPT"},
		{"filter", name + " -d " + from + " -j ACCEPT"},
		{"nat", name + " -s " + from + " ! -d " + from + " -j MASQUERADE"},
	}
}

// EnsureFilter adds the rules of the plan where they are missing. The engine
// itself is told to leave the packet filter alone: it would take over chains
// that another engine on the machine has under the same names.
func EnsureFilter(ctx context.Context, plan Plan) error {
	for _, table := range []string{"filter", "nat"} {
		// The answer "it exists already" is as good as a new chain; any other
		// fault shows when the chain is used.
		_, _ = iptables(ctx, table, "-N", chain(plan.id))
	}
	for _, rule := range rules(plan) {
		if err := ensureRule(ctx, rule, "-A"); err != nil {
			return err
		}
	}
	for _, rule := range jumps(plan.id) {
		// In front: another engine's rules may end with a drop.
		if err := ensureRule(ctx, rule, "-I"); err != nil {
			return err
		}
	}
	return nil
}

func ensureRule(ctx context.Context, r rule, add string) error {
	words := strings.Fields(r.text)
	if _, err := iptables(ctx, r.table, append([]string{"-C"}, words...)...); err == nil {
		return nil
	}
	if _, err := iptables(ctx, r.table, append([]string{add}, words...)...); err != nil {
		return fmt.Errorf("add packet filter rule %s: %w", r.text, err)
	}
	return nil
}

// RemoveFilter removes exactly what EnsureFilter adds for the engine id.
func RemoveFilter(ctx context.Context, id string) error {
	if _, err := program.Find("iptables"); err != nil {
		return nil // then nothing was added either
	}
	for _, jump := range jumps(id) {
		listing, err := iptables(ctx, jump.table, "-S")
		if err != nil || !strings.Contains(listing, chain(id)) {
			continue // the filter does not work here, or holds nothing of ours
		}
		words := strings.Fields(jump.text)
		for strings.Contains(listing, "-A "+jump.text+"\n") {
			if _, err := iptables(ctx, jump.table, append([]string{"-D"}, words...)...); err != nil {
				return fmt.Errorf("remove packet filter rule: %w", err)
			}
			listing = strings.Replace(listing, "-A "+jump.text+"\n", "", 1)
		}
		for _, command := range []string{"-F", "-X"} {
			if _, err := iptables(ctx, jump.table, command, chain(id)); err != nil {
				return fmt.Errorf("remove packet filter chain %s: %w", chain(id), err)
			}
		}
	}
	return nil
}

func iptables(ctx context.Context, table string, words ...string) (string, error) {
	return program.Run(ctx, "iptables", append([]string{"-w", "10", "-t", table}, words...)...)
}
