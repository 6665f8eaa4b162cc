package engine

import (
	"crypto/tls"
	"net/http"
	"sync/atomic"
	"testing"

	"airdock.dev/airdock/protocol"
)

// TestConnectResumes: a further connection to an engine costs no further
// signatures, and knows the engine and its client all the same. What answers at
// that address later and is not the engine is verified as at the first time.
func TestConnectResumes(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*protocol.TLS){
		"verified":         func(*protocol.TLS) {},
		"name not checked": func(spec *protocol.TLS) { spec.SkipNameCheck = true },
	} {
		p := newParties(t)
		config := mutualTLS(t, p.ca, p.server)
		var another atomic.Pointer[tls.Config]
		config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return another.Load(), nil }
		var resumed, clients int
		server := startEngine(t, config, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Connection", "close")
			clients += len(r.TLS.PeerCertificates)
			if r.TLS.DidResume {
				resumed++
			}
			ping("1.41")(w, r)
		})
		spec := &protocol.Engine{Hosts: []string{server.address()}, Tls: p.tls()}
		change(spec.Tls)
		var pool Pool
		for range 3 {
			if _, err := pool.Connect(t.Context(), spec); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if n := server.connections.Load(); n != 3 || resumed != 2 || clients != 3 {
			t.Errorf("%s: %d connections, %d of them resumed, with %d client certificates", name, n, resumed, clients)
		}
		impostor := mutualTLS(t, p.ca, p.otherCA.issue(t, "engine", nil))
		impostor.SetSessionTicketKeys([][32]byte{{1}}) // or else it has those of the engine
		another.Store(impostor)
		_, err := pool.Connect(t.Context(), spec)
		wantKind(t, err, protocol.ErrorKind_TLS_CA_MISMATCH, server.address())
	}
}
