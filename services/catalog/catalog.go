package catalog

import (
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"onionbot/services"
)

//go:embed chat share site ssh
var embedded embed.FS

const (
	manifestName   = "service.toml"
	dockerfileName = "Dockerfile"
	maxFiles       = 2000
	maxBytes       = 64 << 20 // of one service's build context
)

var serviceName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,23}$`)

// Load returns the definitions of the embedded catalogue and of extraDir,
// sorted by name. A service in extraDir replaces the embedded one of its name;
// "" means that there is no such folder. Errors are [services.CodeBadConfig]
// and name the file, the line and the problem.
func Load(extraDir string) ([]*services.Definition, error) {
	found := make(map[string]*services.Definition)
	if err := loadAll(embedded, "", found); err != nil {
		return nil, err
	}
	if extraDir != "" {
		if err := loadAll(os.DirFS(extraDir), extraDir, found); err != nil {
			return nil, err
		}
	}
	defs := slices.SortedFunc(maps.Values(found), func(a, b *services.Definition) int {
		return strings.Compare(a.Name, b.Name)
	})
	return defs, checkWords(defs)
}

// loadAll reads every folder of fsys that has a manifest.
func loadAll(fsys fs.FS, where string, into map[string]*services.Definition) error {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return services.Wrap(services.CodeBadConfig, err, "file", where, "problem", "the folder cannot be read")
	}
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		sub, err := fs.Sub(fsys, e.Name())
		if err != nil {
			return err
		}
		d, err := loadOne(sub, e.Name(), path.Join(where, e.Name()))
		if err != nil {
			return err
		}
		into[d.Name] = d
	}
	return nil
}

// loadOne reads one service's folder.
func loadOne(fsys fs.FS, name, where string) (*services.Definition, error) {
	file := path.Join(where, manifestName)
	if !serviceName.MatchString(name) {
		return nil, bad(where, 0, "the name of a service is a letter, then letters, digits and dashes, at most 24, lower case")
	}
	text, err := fs.ReadFile(fsys, manifestName)
	if err != nil {
		return nil, services.Wrap(services.CodeBadConfig, err, "file", file, "problem", "it cannot be read")
	}
	d, err := parseManifest(name, file, text)
	if err != nil {
		return nil, err
	}
	if d.Source, err = readSource(fsys); err != nil {
		return nil, services.Wrap(services.CodeBadConfig, err, "file", where, "problem", err.Error())
	}
	return d, nil
}

// readSource reads the build context: every file but the manifest.
func readSource(fsys fs.FS) (services.Source, error) {
	src := services.Source{Files: make(map[string][]byte)}
	total := 0
	err := fs.WalkDir(fsys, ".", func(p string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() || p == manifestName:
			return nil
		case !e.Type().IsRegular():
			return fmt.Errorf("%s is not a plain file", p)
		}
		b, err := fs.ReadFile(fsys, p)
		if err != nil {
			return err
		}
		if total += len(b); total > maxBytes || len(src.Files) == maxFiles {
			return errors.New("the folder is too big for a build context")
		}
		src.Files[p] = b
		return nil
	})
	if err != nil {
		return services.Source{}, err
	}
	if _, ok := src.Files[dockerfileName]; !ok {
		return services.Source{}, errors.New("there is no Dockerfile")
	}
	src.Digest = digest(src.Files)
	return src, nil
}

// digest is over names and contents in order, with lengths, so that no two
// different sets of files are alike.
func digest(files map[string][]byte) string {
	h := sha256.New()
	part := func(b []byte) {
		_ = binary.Write(h, binary.BigEndian, uint64(len(b)))
		h.Write(b)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		part([]byte(name))
		part(files[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// checkWords refuses a catalogue in which one word means two services.
func checkWords(defs []*services.Definition) error {
	means := make(map[string]string)
	for _, d := range defs {
		for _, w := range append([]string{d.Name}, d.Aliases...) {
			if other, ok := means[w]; ok && other != d.Name {
				return bad(d.Name, 0, fmt.Sprintf("%q is also a name of %s", w, other))
			}
			means[w] = d.Name
		}
	}
	return nil
}
