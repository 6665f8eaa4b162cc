package engine

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"airdock.dev/airdock/protocol"
)

func TestConnectNegotiatesTheAPIVersion(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ engine, asked, want string }{
		"older engine":             {"1.41", "", "1.41"},
		"oldest engine":            {"1.24", "", "1.24"},
		"newer engine than us":     {"1.99", "", "1.51"},
		"auto is negotiated":       {"1.41", "auto", "1.41"},
		"pinned":                   {"1.41", "1.40", "1.40"},
		"pinned to an old one":     {"1.41", "1.19", "1.19"},
		"pinned to the engine's":   {"1.41", "1.41", "1.41"},
		"engine that tells none":   {"", "", "1.24"},
		"pinned, engine tells not": {"", "1.30", "1.30"},
	} {
		server := startEngine(t, nil, ping(c.engine))
		eng, err := connect(t, &protocol.Engine{Hosts: []string{server.address()}, ApiVersion: c.asked})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if eng.ClientVersion() != c.want {
			t.Errorf("%s: API version %s, want %s", name, eng.ClientVersion(), c.want)
		}
	}
}

func TestConnectRefusesAPIVersions(t *testing.T) {
	t.Parallel()
	server := startEngine(t, nil, ping("1.41"))
	for name, asked := range map[string]string{
		"newer than the engine": "1.42",
		"much newer":            "1.99",
		"older than we speak":   "1.10",
		"no version":            "latest",
		"a path":                "1.41/../..",
	} {
		_, err := connect(t, &protocol.Engine{Hosts: []string{server.address()}, ApiVersion: asked})
		t.Run(name, func(t *testing.T) { wantKind(t, err, protocol.ErrorKind_API_VERSION_UNSUPPORTED, asked) })
	}
}

func TestConnectFailsOver(t *testing.T) {
	t.Parallel()
	good, dead := startEngine(t, nil, ping("1.41")), closedPort(t)
	ill := startEngine(t, nil, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "ill", http.StatusInternalServerError) })
	for name, hosts := range map[string][]string{
		"first":            {good.address(), dead},
		"after a dead one": {dead, good.address()},
		"after an ill one": {ill.address(), good.address()},
		"last of three":    {"tcp://no-such-host.invalid:2375", dead, good.address()},
		"after nonsense":   {"ftp://x", good.address()},
	} {
		eng, err := connect(t, &protocol.Engine{Hosts: hosts})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if eng.Host != good.address() {
			t.Errorf("%s: connected to %s", name, eng.Host)
		}
	}
	_, err := connect(t, &protocol.Engine{Hosts: []string{dead, ill.address()}})
	wantKind(t, err, protocol.ErrorKind_ENGINE_UNREACHABLE, dead, ill.address(), "ill")
	_, err = connect(t, &protocol.Engine{})
	wantKind(t, err, protocol.ErrorKind_INVALID_REQUEST, "tcp://docker:2376")
}

// TestConnectReusesTheConnection counts at the server: calls of the same
// request share a connection, whether they come one by one or together with
// others, and whether the certificates are named by path or by value.
func TestConnectReusesTheConnection(t *testing.T) {
	t.Parallel()
	p := newParties(t)
	server := startEngine(t, mutualTLS(t, p.ca, p.server), ping("1.41"))
	byPaths := &protocol.TLS{
		Ca:   inFile(t, "ca.pem", p.ca.pem),
		Cert: inFile(t, "cert.pem", p.client.cert),
		Key:  inFile(t, "key.pem", p.client.key),
	}
	var pool Pool
	clients := map[any]bool{}
	for range 5 {
		for _, spec := range []*protocol.TLS{p.tls(), byPaths} {
			eng, err := pool.Connect(t.Context(), &protocol.Engine{Hosts: []string{server.address()}, Tls: spec})
			if err != nil {
				t.Fatal(err)
			}
			clients[eng.Client] = true
		}
	}
	if n := server.connections.Load(); n != 1 || len(clients) != 1 {
		t.Errorf("10 calls made %d connections and %d clients, want one of each", n, len(clients))
	}
}

func TestConnectIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	server := startEngine(t, nil, ping("1.41"))
	var pool Pool
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if _, err := pool.Connect(t.Context(), &protocol.Engine{Hosts: []string{server.address()}}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

// TestConnectKeepsRequestsApart: what makes two engines different to a caller
// must never share a connection.
func TestConnectKeepsRequestsApart(t *testing.T) {
	t.Parallel()
	p := newParties(t)
	server := startEngine(t, mutualTLS(t, p.ca, p.server), ping("1.41"))
	other := p.ca.issue(t, "other client", nil)
	var pool Pool
	clients := map[any]string{}
	for name, change := range map[string]func(*protocol.Engine){
		"as it is":             func(*protocol.Engine) {},
		"another client":       func(e *protocol.Engine) { e.Tls.Cert, e.Tls.Key = byValue(other.cert), byValue(other.key) },
		"another name":         func(e *protocol.Engine) { e.Tls.ServerName = "localhost" },
		"not verified":         func(e *protocol.Engine) { e.Tls.InsecureSkipVerify = true },
		"another API version":  func(e *protocol.Engine) { e.ApiVersion = "1.40" },
		"another address":      func(e *protocol.Engine) { e.Hosts[0] = strings.Replace(e.Hosts[0], "127.0.0.1", "localhost", 1) },
		"name not checked":     func(e *protocol.Engine) { e.Tls.SkipNameCheck = true },
		"CA and more":          func(e *protocol.Engine) { e.Tls.Ca = byValue(append(p.otherCA.pem, p.ca.pem...)) },
		"timeout, same client": func(e *protocol.Engine) { e.Timeout = seconds(5) },
	} {
		spec := &protocol.Engine{Hosts: []string{server.address()}, Tls: p.tls()}
		change(spec)
		eng, err := pool.Connect(t.Context(), spec)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		_, seen := clients[eng.Client]
		if same := name == "timeout, same client" || name == "as it is"; seen && !same {
			t.Errorf("%s shares a client with %s", name, clients[eng.Client])
		}
		clients[eng.Client] = name
	}
	if len(clients) != 8 {
		t.Errorf("%d clients, want 8: the timeout alone makes no new one", len(clients))
	}
}

// TestConnectTakesRenewedCertificates renews the files under a running pool.
func TestConnectTakesRenewedCertificates(t *testing.T) {
	t.Parallel()
	p := newParties(t)
	server := startEngine(t, mutualTLS(t, p.ca, p.server), ping("1.41"))
	folder := t.TempDir()
	certPath, keyPath := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	spec := &protocol.Engine{
		Hosts: []string{server.address()},
		Tls:   &protocol.TLS{Ca: byValue(p.ca.pem), Cert: byPath(certPath), Key: byPath(keyPath)},
	}
	var pool Pool
	seen := map[any]bool{}
	for range 3 {
		fresh := p.ca.issue(t, "client", nil)
		for path, text := range map[string][]byte{certPath: fresh.cert, keyPath: fresh.key} {
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := pool.Connect(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
		seen[server.lastClient.Load()] = true
	}
	if len(seen) != 3 {
		t.Errorf("the engine saw %d client certificates, want 3", len(seen))
	}
}

// TestConnectAfterAnUpgrade: the engine speaks a newer API than at the first
// call.
func TestConnectAfterAnUpgrade(t *testing.T) {
	t.Parallel()
	var speaks atomic.Value
	server := startEngine(t, nil, func(w http.ResponseWriter, r *http.Request) { ping(speaks.Load().(string))(w, r) })
	var pool Pool
	for _, version := range []string{"1.41", "1.47", "1.43"} {
		speaks.Store(version)
		eng, err := pool.Connect(t.Context(), &protocol.Engine{Hosts: []string{server.address()}})
		if err != nil {
			t.Fatal(err)
		}
		if eng.ClientVersion() != version {
			t.Errorf("API version %s, want %s", eng.ClientVersion(), version)
		}
	}
}

func TestConnectOverAUnixSocket(t *testing.T) {
	t.Parallel()
	folder, err := os.MkdirTemp("", "airdock")
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "docker.sock")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: ping("1.41")}
	t.Cleanup(func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }()
	eng, err := connect(t, &protocol.Engine{Hosts: []string{"unix://" + path}})
	if err != nil {
		t.Fatal(err)
	}
	if eng.Host != "unix://"+path || eng.ClientVersion() != "1.41" {
		t.Errorf("connected to %s, API %s", eng.Host, eng.ClientVersion())
	}
}
