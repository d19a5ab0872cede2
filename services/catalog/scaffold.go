package catalog

import (
	"bytes"
	"embed"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"onionbot/services"
)

//go:embed template
var template embed.FS

// Scaffold makes the folder of a new service in parent: one that works, with a
// remark at everything that can be set. It returns the folder. A name that
// cannot be one, and a folder that is there already, are [services.CodeBadConfig].
func Scaffold(parent, name string) (dir string, err error) {
	dir = filepath.Join(parent, name)
	if !serviceName.MatchString(name) {
		return "", bad(name, 0, sayName)
	}
	if err := os.Mkdir(dir, 0o755); err != nil { //nolint:gosec // what is in it is no secret
		if errors.Is(err, fs.ErrExist) {
			return "", bad(dir, 0, "it is there already")
		}
		return "", services.Wrap(services.CodeBadConfig, err, "file", dir, "problem", "the folder cannot be made; name a place with --in")
	}
	files, err := fs.ReadDir(template, "template")
	if err != nil {
		return "", err
	}
	for _, f := range files {
		data, err := template.ReadFile("template/" + f.Name())
		if err != nil {
			return "", err
		}
		data = bytes.ReplaceAll(data, []byte("NAME"), []byte(name))
		if err := os.WriteFile(filepath.Join(dir, f.Name()), data, 0o644); err != nil { //nolint:gosec // as above
			return "", services.Wrap(services.CodeBadConfig, err, "file", dir, "problem", "its files cannot be written")
		}
	}
	return dir, nil
}
