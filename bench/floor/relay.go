package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"sync"
	"sync/atomic"

	"airdock.dev/airdock/bench/contender"
)

// relay passes connections on to the engine and counts what clients send. It
// answers with its address and the bytes sent since the last time, once every
// connection is closed.
func relay() error {
	host, err := url.Parse(os.Getenv("DOCKER_HOST"))
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	var sent atomic.Int64
	var open sync.WaitGroup
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			open.Go(func() { pass(client, host.Host, &sent) })
		}
	}()
	return contender.Answer(func() (map[string]any, error) {
		open.Wait()
		return map[string]any{"host": "tcp://" + listener.Addr().String(), "sent": sent.Swap(0)}, nil
	})
}

func pass(client net.Conn, host string, sent *atomic.Int64) {
	defer client.Close()
	engine, err := net.Dial("tcp", host)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer engine.Close()
	var back sync.WaitGroup
	back.Go(func() { forward(client, engine, new(atomic.Int64)) })
	forward(engine, client, sent)
	back.Wait()
}

// forward copies until the end and passes the end on. io.CopyN between two
// connections is done by the kernel, so that the relay costs next to nothing.
func forward(to, from net.Conn, count *atomic.Int64) {
	for {
		n, err := io.CopyN(to, from, 1<<20)
		count.Add(n)
		if err != nil {
			break
		}
	}
	if half, ok := to.(*net.TCPConn); ok {
		if err := half.CloseWrite(); err != nil && !errors.Is(err, net.ErrClosed) {
			_ = to.Close()
		}
	}
}
