package network

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"syscall"
)

// swarmPort is where a swarm listens; an engine there could not join one.
const swarmPort = 2377

// Port is a port of 127.0.0.1 that a user asks for.
type Port struct {
	Number int
	// Fixed tells that no other one will do.
	Fixed bool
}

// Ports are those of an engine.
type Ports struct {
	Engine, Registry Port
}

// Choose returns the port to use: current while the server runs there, else
// current if it is still free, else the first free one from the number on.
func (p Port) Choose(current int, running bool, avoid ...int) (int, error) {
	if running {
		if p.Fixed && p.Number != current {
			return 0, fmt.Errorf("port %d is asked for, but port %d is in use by this engine: run `devengine down` first", p.Number, current)
		}
		return current, nil
	}
	if !p.Fixed && current != 0 && tryPort(current) == nil {
		return current, nil
	}
	return p.free(append(avoid, swarmPort))
}

func (p Port) free(avoid []int) (int, error) {
	const attempts = 200
	for port := p.Number; port < p.Number+attempts && port <= 65535; port++ {
		if !p.Fixed && slices.Contains(avoid, port) {
			continue
		}
		err := tryPort(port)
		if err == nil {
			return port, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return 0, fmt.Errorf("port %d: %w", port, err)
		}
		if p.Fixed {
			return 0, fmt.Errorf("port %d of 127.0.0.1 is in use: name another one, or none to have one chosen", port)
		}
	}
	return 0, fmt.Errorf("no port of 127.0.0.1 from %d on is free: name another one", p.Number)
}

func tryPort(port int) error {
	listener, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return err
	}
	return listener.Close()
}
