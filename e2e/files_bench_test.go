package e2e_test

import (
	"archive/tar"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/volume"
	"github.com/docker/docker/client"
	"github.com/docker/go-connections/tlsconfig"
)

// BenchmarkFilesBesideDockerCp times 1 GB in one file, and 10,000 files of 10 KB,
// into a volume and back, with airdock, docker cp and a bare archive client by
// turns, and reports medians and their ratios to the bare client, which is the
// floor: it knows nothing of the engine but PUT and GET /containers/ID/archive,
// and does no more than a tar needs.
//
//	AIRDOCK_TEST_ENGINE=1 go test -run '^$' -bench BesideDockerCp -benchtime 3x -timeout 30m ./e2e
func BenchmarkFilesBesideDockerCp(b *testing.B) {
	if os.Getenv("AIRDOCK_TEST_ENGINE") == "" {
		b.Skip("AIRDOCK_TEST_ENGINE is not set")
	}
	trees := map[string]func(*testing.B, string){"1GB": oneLargeFile, "10000x10KB": manyFiles}
	for name, plant := range trees {
		b.Run(name, func(b *testing.B) {
			root := b.TempDir()
			plant(b, root)
			compareCarriers(b, root)
		})
	}
}

func oneLargeFile(b *testing.B, root string) {
	b.Helper()
	file, err := os.Create(filepath.Join(root, "large"))
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	if _, err := io.CopyN(file, rand.Reader, 1<<30); err != nil {
		b.Fatal(err)
	}
}

func manyFiles(b *testing.B, root string) {
	b.Helper()
	content := make([]byte, 10<<10)
	for i := range 10_000 {
		_, _ = rand.Read(content)
		name := filepath.Join(root, fmt.Sprintf("folder%02d", i%100), fmt.Sprintf("file%04d", i))
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, content, 0o644)); err != nil {
			b.Fatal(err)
		}
	}
}

// carrier brings a tree into a volume and back.
type carrier struct {
	put, get func(local string) error
}

func compareCarriers(b *testing.B, root string) {
	api, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		b.Fatal(err)
	}
	took := map[string][]float64{}
	timed := func(what string, do func() error) {
		syscall.Sync()
		began := time.Now()
		if err := do(); err != nil {
			b.Fatalf("%s: %v", what, err)
		}
		took[what] = append(took[what], time.Since(began).Seconds())
	}
	round := 0
	for b.Loop() {
		names := []string{"floor", "docker-cp", "airdock"}
		for turn := range names {
			name := names[(turn+round)%len(names)]
			id := benchVolume(b, api)
			c := carriers(b, id)[name]
			back := filepath.Join(b.TempDir(), "back")
			timed(name+"-put", func() error { return c.put(root) })
			if name == "airdock" {
				timed(name+"-again", func() error { return c.put(root) })
			}
			timed(name+"-get", func() error { return c.get(back) })
			if err := os.RemoveAll(back); err != nil {
				b.Fatal(err)
			}
			dropVolume(b, api, id)
		}
		round++
	}
	for what, seconds := range took {
		direction := what[strings.LastIndexByte(what, '-')+1:]
		b.ReportMetric(median(seconds), what+"-s")
		if base := took["floor-"+strings.Replace(direction, "again", "put", 1)]; !strings.HasPrefix(what, "floor") {
			b.ReportMetric(median(seconds)/median(base), what+"-ratio")
		}
	}
}

const benchName = "airdock-bench-files"

// benchVolume makes a volume, and a container that has it at /v for those that
// can do nothing without one.
func benchVolume(b *testing.B, api *client.Client) string {
	b.Helper()
	if _, err := api.VolumeCreate(b.Context(), volume.CreateOptions{Name: benchName}); err != nil {
		b.Fatal(err)
	}
	made, err := api.ContainerCreate(b.Context(), &container.Config{Image: "bash"},
		&container.HostConfig{Mounts: []mount.Mount{{Type: mount.TypeVolume, Source: benchName, Target: "/v"}}}, nil, nil, "")
	if err != nil {
		b.Fatal(err)
	}
	return made.ID
}

func dropVolume(b *testing.B, api *client.Client, id string) {
	b.Helper()
	ctx := context.WithoutCancel(b.Context())
	if err := errors.Join(api.ContainerRemove(ctx, id, container.RemoveOptions{Force: true}), api.VolumeRemove(ctx, benchName, true)); err != nil {
		b.Fatal(err)
	}
}

func carriers(b *testing.B, id string) map[string]carrier {
	b.Helper()
	run := func(args ...string) error {
		if out, err := exec.CommandContext(b.Context(), args[0], args[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	}
	bare := newBareClient(b, id)
	return map[string]carrier{
		"floor": {put: bare.put, get: bare.get},
		"docker-cp": {
			put: func(local string) error { return run("docker", "cp", local+"/.", id+":/v") },
			get: func(local string) error { return run("docker", "cp", id+":/v/.", local) },
		},
		"airdock": {
			put: func(local string) error { return run("airdock", "volume", "put", local, benchName) },
			get: func(local string) error { return run("airdock", "volume", "get", benchName, local) },
		},
	}
}

// bareClient is the floor.
type bareClient struct {
	http *http.Client
	url  string
}

func newBareClient(b *testing.B, id string) *bareClient {
	b.Helper()
	folder := os.Getenv("DOCKER_CERT_PATH")
	config, err := tlsconfig.Client(tlsconfig.Options{
		CAFile: filepath.Join(folder, "ca.pem"), CertFile: filepath.Join(folder, "cert.pem"), KeyFile: filepath.Join(folder, "key.pem"), ExclusiveRootPools: true,
	})
	if err != nil {
		b.Fatal(err)
	}
	config.MinVersion = tls.VersionTLS12
	host, err := url.Parse(os.Getenv("DOCKER_HOST"))
	if err != nil {
		b.Fatal(err)
	}
	// Go asks for gzip by itself, and the engine then compresses on one core.
	transport := &http.Transport{TLSClientConfig: config, DisableCompression: true}
	b.Cleanup(transport.CloseIdleConnections)
	return &bareClient{&http.Client{Transport: transport}, "https://" + host.Host + "/containers/" + id + "/archive?path=/v"}
}

func (c *bareClient) put(local string) error {
	reader, writer := io.Pipe()
	go func() { writer.CloseWithError(bareTar(writer, local)) }()
	request, err := http.NewRequest(http.MethodPut, c.url, reader)
	if err != nil {
		return err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	return nil
}

func bareTar(w io.Writer, local string) error {
	archive := tar.NewWriter(w)
	err := filepath.WalkDir(local, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == local {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		header, err := tar.FileInfoHeader(info, "")
		if err != nil {
			return err
		}
		header.Name, _ = filepath.Rel(local, path)
		if err := archive.WriteHeader(header); err != nil || info.IsDir() {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		_, err = io.Copy(archive, file)
		return err
	})
	return errors.Join(err, archive.Close())
}

func (c *bareClient) get(local string) error {
	response, err := c.http.Get(c.url + "/.")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	for archive := tar.NewReader(response.Body); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		path := filepath.Join(local, header.Name)
		if header.Typeflag == tar.TypeDir {
			err = os.MkdirAll(path, 0o755)
		} else {
			err = bareFile(path, archive, header)
		}
		if err != nil {
			return err
		}
	}
}

func bareFile(path string, content io.Reader, header *tar.Header) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, header.FileInfo().Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close(), os.Chtimes(path, time.Time{}, header.ModTime))
}
