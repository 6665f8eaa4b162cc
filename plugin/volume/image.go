package volume

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// imageName is the repository of the helper's image on an engine. No registry has
// it.
const imageName = "airdock-helper"

// imageArchive makes what POST /images/load takes: an image that holds the
// program and nothing else. The same program gives the same image id, so that two
// plugins that load it at the same time load one image.
func imageArchive(helper *program, arch string) ([]byte, error) {
	content, err := helper.unpack()
	if err != nil {
		return nil, err
	}
	layer, err := tarOf(file{"helper", content, 0o755})
	if err != nil {
		return nil, err
	}
	config, err := json.Marshal(ocispec.Image{
		Platform: ocispec.Platform{Architecture: arch, OS: "linux"},
		Config:   ocispec.ImageConfig{Entrypoint: []string{"/helper"}, Labels: map[string]string{"dev.airdock.helper": helper.version}},
		RootFS:   ocispec.RootFS{Type: "layers", DiffIDs: []digest.Digest{digest.FromBytes(layer)}},
	})
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(config)
	configName := hex.EncodeToString(sum[:]) + ".json"
	manifest, err := json.Marshal([]map[string]any{{
		"Config":   configName,
		"RepoTags": []string{imageName + ":" + helper.version},
		"Layers":   []string{"layer.tar"},
	}})
	if err != nil {
		return nil, err
	}
	return tarOf(file{configName, config, 0o644}, file{"layer.tar", layer, 0o644}, file{"manifest.json", manifest, 0o644})
}

type file struct {
	name    string
	content []byte
	mode    int64
}

func tarOf(files ...file) ([]byte, error) {
	var archive bytes.Buffer
	writer := tar.NewWriter(&archive)
	for _, f := range files {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: f.name, Size: int64(len(f.content)), Mode: f.mode}
		if err := writer.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := writer.Write(f.content); err != nil {
			return nil, err
		}
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return archive.Bytes(), nil
}
