package engine

import (
	"context"
	"errors"
	"net"
)

// ErrNotUpgraded says that the engine, or a proxy before it, answered and does
// not give a raw connection.
var ErrNotUpgraded = errors.New("the engine gives no raw connection")

// Hijack turns POST path into a raw connection that speaks protocol. It returns
// when ctx ends, and what arrives later is closed: the client library's dialer
// heeds no context when it speaks TLS.
func (e *Engine) Hijack(ctx context.Context, path, protocol string, headers map[string][]string) (net.Conn, error) {
	type dialled struct {
		conn net.Conn
		err  error
	}
	done := make(chan dialled, 1)
	go func() {
		conn, err := e.DialHijack(ctx, path, protocol, headers)
		done <- dialled{conn, err}
	}()
	select {
	case d := <-done:
		if d.err != nil && !IsLost(d.err) && !isTimeout(d.err) {
			return nil, errors.Join(ErrNotUpgraded, d.err)
		}
		return d.conn, d.err
	case <-ctx.Done():
		go func() {
			if d := <-done; d.conn != nil {
				_ = d.conn.Close()
			}
		}()
		return nil, context.Cause(ctx)
	}
}
