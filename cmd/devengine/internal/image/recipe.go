// Package image makes base images out of a Debian's packages, for machines
// that no image can be pulled to, and keeps them in a cache. It imports program
// for running apt-get and dpkg-deb.
package image

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Recipe says what an image is made of.
type Recipe struct {
	Repository string
	Tag        string
	// Packages come with all that they depend on, less what matches Skip.
	Packages []string
	// Fallback takes the place of Packages where the machine's Debian has
	// none under those names.
	Fallback []string `json:",omitempty"`
	Skip     []string
	Files    []File
	// Applets links every program of a busybox in the image.
	Applets bool
	Config  Config
}

// File is a file or, with Link set, a symbolic link that no package holds.
type File struct {
	Path string
	Link string `json:",omitempty"`
	Text string `json:",omitempty"`
	Mode int64  `json:",omitempty"`
}

// Config is what a container of the image runs by default.
type Config struct {
	Env        []string `json:",omitempty"`
	Entrypoint []string `json:",omitempty"`
	Cmd        []string `json:",omitempty"`
	WorkingDir string   `json:",omitempty"`
}

// Reference is the name under which the engine knows the image.
func (r Recipe) Reference() string { return r.Repository + ":" + r.Tag }

// key changes with anything that changes the image, except for a package's
// version: an image in the cache stays as it is.
func (r Recipe) key(system string) string {
	text, err := json.Marshal(r)
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	sum := sha256.Sum256(fmt.Appendf(text, "%s format 1", system))
	return hex.EncodeToString(sum[:6])
}

// searchPath is what a container has as its PATH.
const searchPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// administration matches the packages that others depend on for being set up,
// not for running.
func administration() []string {
	return []string{"perl*", "lib*-perl", "libperl*", "debconf*", "dpkg", "tar", "usrmerge", "usr-is-merged",
		"init-system-helpers", "adduser", "passwd", "login*", "libpam*", "libaudit*", "libcap-ng*", "libsemanage*",
		"libsepol*", "sysvinit-utils", "lsb-base", "debianutils", "*awk", "libgdbm*", "libpcre2*", "libselinux*",
		"libmd0*", "libzstd*", "libacl*", "gcc-*-base", "coreutils", "libbsd*", "libattr*", "libgmp*"}
}

// Base lists the images that a fresh engine needs.
func Base() []Recipe {
	return []Recipe{bash(), busybox(), python()}
}

// bash behaves as the image of the same name on the internet: bash beside the
// tools of busybox.
func bash() Recipe {
	return Recipe{
		Repository: "bash",
		Tag:        "latest",
		Packages:   []string{"bash", "busybox-static"},
		Skip:       administration(),
		Applets:    true,
		Files: []File{
			{Path: "usr/local/bin/bash", Link: "/usr/bin/bash"},
			{Path: "usr/local/bin/docker-entrypoint.sh", Mode: 0o755, Text: `#!/usr/bin/env bash
set -Eeuo pipefail
# Options alone are options of bash: docker run bash -c 'echo hi'
if [ "$#" -eq 0 ] || [ "${1#-}" != "$1" ]; then
	exec bash "$@"
fi
exec "$@"
`},
		},
		Config: Config{
			Env:        []string{searchPath},
			Entrypoint: []string{"docker-entrypoint.sh"},
			Cmd:        []string{"bash"},
		},
	}
}

// Registry is a registry for an engine that cannot pull one. Its port comes
// from the environment.
func Registry() Recipe {
	return Recipe{
		Repository: "devengine-registry",
		Tag:        "latest",
		Packages:   []string{"docker-registry"},
		Skip:       administration(),
		Files: []File{{Path: "etc/docker-registry.yml", Mode: 0o644, Text: `version: 0.1
log:
  level: error
  accesslog:
    disabled: true
storage:
  filesystem:
    rootdirectory: /var/lib/registry
http:
  addr: 127.0.0.1:5000
`}},
		Config: Config{
			Env:        []string{searchPath},
			Entrypoint: []string{"docker-registry", "serve", "/etc/docker-registry.yml"},
		},
	}
}

func busybox() Recipe {
	return Recipe{
		Repository: "busybox",
		Tag:        "latest",
		Packages:   []string{"busybox-static", "base-files"},
		Skip:       append(administration(), "libc6", "libcrypt*", "libgcc*", "libtinfo*"),
		Applets:    true,
		Config:     Config{Env: []string{searchPath}, Cmd: []string{"sh"}},
	}
}

func python() Recipe {
	return Recipe{
		Repository: "python",
		Tag:        "3.11-slim",
		Packages:   []string{"python3.11", "bash", "busybox-static"},
		Fallback:   []string{"python3", "bash", "busybox-static"},
		Skip:       administration(),
		Applets:    true,
		Files: []File{
			{Path: "usr/bin/python", Link: "python3"},
			{Path: "usr/local/bin/python", Link: "/usr/bin/python3"},
			{Path: "usr/local/bin/python3", Link: "/usr/bin/python3"},
		},
		Config: Config{
			Env: []string{searchPath, "LANG=C.UTF-8"},
			Cmd: []string{"python3"},
		},
	}
}
