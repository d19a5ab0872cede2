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
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"onionbot/services"
)

//go:embed chat drop share site solid ssh
var embedded embed.FS

const (
	manifestName   = "service.toml"
	dockerfileName = "Dockerfile"
	maxFiles       = 2000
	maxBytes       = 64 << 20 // of one service's build context
)

const sayName = "the name of a service is a letter, then letters, digits and dashes, at most 24, lower case"

var serviceName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,23}$`)

// Load returns the definitions of the embedded catalogue, of extraDir and of
// the entries, sorted by name. A service in extraDir replaces the embedded one
// of its name, and an entry both; "" means that there is no such folder. Errors
// are [services.CodeBadConfig] and name the file, the line and the problem.
func Load(extraDir string, entries ...Manifest) ([]*services.Definition, error) {
	found := make(map[string]*services.Definition)
	if err := loadAll(embedded, "", found); err != nil {
		return nil, err
	}
	if extraDir != "" {
		if err := loadAll(os.DirFS(extraDir), extraDir, found); err != nil {
			return nil, err
		}
	}
	if err := addEntries(entries, found); err != nil {
		return nil, err
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

// addEntries adds what the configuration says itself.
func addEntries(entries []Manifest, into map[string]*services.Definition) error {
	seen := make(map[string]bool)
	for _, m := range entries {
		where := fmt.Sprintf("[[services]] %q", m.Name)
		switch {
		case !serviceName.MatchString(m.Name):
			return bad(where, 0, sayName+": set name")
		case seen[m.Name]:
			return bad(where, 0, "it is there twice")
		case m.Image == "":
			return bad(where, 0, "image must name an image; a service with a Dockerfile is a folder in services_dir")
		}
		seen[m.Name] = true
		m.fillIn(m.Name)
		if found := m.problems(); len(found) > 0 {
			return bad(where, 0, found[0].Say)
		}
		into[m.Name] = m.definition(m.Name)
	}
	return nil
}

// Folder returns the definition of one service's folder, which is named after it.
func Folder(dir string) (*services.Definition, error) {
	full, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	return loadOne(os.DirFS(full), filepath.Base(full), dir)
}

// loadOne reads one service's folder.
func loadOne(fsys fs.FS, name, where string) (*services.Definition, error) {
	file := path.Join(where, manifestName)
	if !serviceName.MatchString(name) {
		return nil, bad(where, 0, sayName)
	}
	text, err := fs.ReadFile(fsys, manifestName)
	if err != nil {
		return nil, services.Wrap(services.CodeBadConfig, err, "file", file, "problem", "it cannot be read")
	}
	d, err := parseManifest(name, file, text)
	if err != nil {
		return nil, err
	}
	if d.Source, err = readSource(fsys, d); err != nil {
		return nil, services.Wrap(services.CodeBadConfig, err, "file", where, "problem", err.Error())
	}
	return d, nil
}

// readSource reads the build context: every file but the manifest.
func readSource(fsys fs.FS, d *services.Definition) (services.Source, error) {
	src := services.Source{Files: make(map[string][]byte), Exec: make(map[string]bool)}
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
		return markExec(src, p, e)
	})
	if err != nil {
		return services.Source{}, err
	}
	switch _, builds := src.Files[dockerfileName]; {
	case d.Image != "" && len(src.Files) > 0:
		return services.Source{}, errors.New("with image nothing is built: remove the other files, or remove image and write a Dockerfile that begins with FROM " + d.Image)
	case d.Image != "":
		return services.Source{}, nil
	case !builds:
		return services.Source{}, errors.New(`there is no Dockerfile; write one, or name an image in service.toml: image = "name:tag"`)
	}
	src.Digest = digest(src)
	return src, nil
}

// markExec notes that a file may be run. Files of the binary have lost that.
func markExec(src services.Source, name string, e fs.DirEntry) error {
	info, err := e.Info()
	if err == nil && info.Mode().Perm()&0o111 != 0 {
		src.Exec[name] = true
	}
	return err
}

// digest is over names, contents and run bits in order, with lengths, so that
// no two different sets of files are alike.
func digest(src services.Source) string {
	h := sha256.New()
	part := func(b []byte) {
		_ = binary.Write(h, binary.BigEndian, uint64(len(b)))
		h.Write(b)
	}
	for _, name := range slices.Sorted(maps.Keys(src.Files)) {
		mark := ""
		if src.Exec[name] {
			mark = "\x00x" // no name has that
		}
		part([]byte(name + mark))
		part(src.Files[name])
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
