package docker

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/docker/docker/api/types/build"

	"onionbot/services"
)

const (
	// machineAuthorities is where Debian's administrators put certificates
	// that their machine trusts beside the public ones.
	machineAuthorities = "/usr/local/share/ca-certificates"
	maxAuthorities     = 64 << 10

	// authoritiesArg is the build argument that a Dockerfile gets them in.
	authoritiesArg = "BUILD_CA"
)

// trustMachine gives the steps of a build the certificates that this machine
// trusts of its own, where a Dockerfile asks for them: what the steps fetch over
// TLS goes the same way as what the machine fetches, which may be inspected.
// They tell whose machine it is, so a Dockerfile must ask in a stage of which
// only what was fetched is copied.
func trustMachine(o *build.ImageBuildOptions, src services.Source, dir string) {
	if !bytes.Contains(src.Files["Dockerfile"], []byte("\nARG "+authoritiesArg+"\n")) {
		return
	}
	pem := readAuthorities(dir)
	if o.BuildArgs == nil {
		o.BuildArgs = make(map[string]*string)
	}
	o.BuildArgs[authoritiesArg] = &pem
}

// readAuthorities returns the certificates of a folder; "" when there are none
// that can be read.
func readAuthorities(dir string) string {
	var names []string
	_ = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".crt" {
			names = append(names, path)
		}
		return nil
	})
	slices.Sort(names) // the same bytes each time, or nothing comes from the cache
	var all bytes.Buffer
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil || all.Len()+len(data) > maxAuthorities {
			continue
		}
		all.Write(bytes.TrimSpace(data))
		all.WriteByte('\n')
	}
	return all.String()
}
