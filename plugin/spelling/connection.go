package spelling

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/types/known/durationpb"

	"airdock.dev/airdock/protocol"
)

var writtenSeconds = spelling[*durationpb.Duration]{seconds.expected, writtenSecondsOf}

// connection returns what a connection of Airflow's type airdock says of an
// engine, and whether it turns TLS off, which is more than to say nothing of it.
// docs/connection.md has its fields.
func connection(given map[string]any) (named *protocol.Engine, tlsOff bool, err error) {
	p := &parameters{given: given}
	id, hosts, key := text.read(p, "id"), addressesOf(p), text.read(p, "password")
	members := withoutEmpty(object.read(p, "extra").AsMap())
	if err := p.end(); err != nil {
		return nil, false, err
	}
	extra := &parameters{given: members, of: "connection"}
	switched := members["tls"] != nil
	on := flag.read(extra, "tls")
	named = &protocol.Engine{
		Hosts:      hosts,
		Timeout:    writtenSeconds.read(extra, "timeout"),
		ApiVersion: word.read(extra, "api_version"),
	}
	secured := slices.Sorted(maps.Keys(members)) // what of it is left is about TLS
	if key != "" {
		secured = append(secured, "key")
	}
	if on || len(secured) > 0 {
		named.Tls = &protocol.TLS{
			Ca:                 material(text.read(extra, "ca")),
			Cert:               material(text.read(extra, "cert")),
			Key:                material(key),
			ServerName:         text.read(extra, "server_name"),
			InsecureSkipVerify: flag.read(extra, "insecure_skip_verify"),
			SkipNameCheck:      flag.read(extra, "skip_name_check"),
		}
	}
	if switched && !on && len(secured) > 0 {
		extra.fail("it turns TLS off and has %s: turn TLS on, or take them out", strings.Join(secured, ", "))
	}
	if err := extra.end(); err != nil {
		return nil, false, invalid("the connection %s: %w", id, err)
	}
	return named, switched && !on, nil
}

// addressesOf reads several hosts with commas between them, and one port for all.
func addressesOf(p *parameters) []string {
	var addresses []string
	hosts, port := text.read(p, "host"), word.read(p, "port")
	for host := range strings.SplitSeq(hosts, ",") {
		host = strings.TrimSpace(host)
		if strings.HasPrefix(host, "/") {
			host = "unix://" + host
		}
		if host != "" && port != "" {
			host += ":" + port
		}
		if host != "" {
			addresses = append(addresses, host)
		}
	}
	return addresses
}

// withoutEmpty leaves out what a form leaves empty, and what is off but for TLS
// itself. From a URI all values are text.
func withoutEmpty(extra map[string]any) map[string]any {
	said := map[string]any{}
	for name, value := range extra {
		if written, isText := value.(string); isText && strings.EqualFold(written, "true") {
			value = true
		} else if isText && strings.EqualFold(written, "false") {
			value = false
		}
		if value == nil || value == "" || value == false && name != "tls" {
			continue
		}
		said[name] = value
	}
	return said
}

func writtenSecondsOf(value any) (*durationpb.Duration, error) {
	if written, isText := value.(string); isText {
		number, err := strconv.ParseFloat(written, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is no number of seconds", written)
		}
		value = number
	}
	return secondsOf(value)
}
