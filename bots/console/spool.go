package console

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// spooled is a file on its way: from the moment it is received until the
// command that it came with has been handled.
type spooled struct {
	Name string `json:"name"`
	Path string `json:"path"` // below the spool directory
	Size int64  `json:"size"`
}

func (f spooled) below(dir string) string { return filepath.Join(dir, filepath.Base(f.Path)) }

// sweep erases what a process that was killed left behind: files whose command
// was never stored, and files of commands that have been handled. Nobody is
// connected yet, so every other file is named by a stored command. When it
// cannot be told which are, all are kept.
func sweep(o Options) {
	entries, err := os.ReadDir(o.Spool)
	if err != nil {
		o.Log.Warn("console: read spool", "error", err)
		return
	}
	if len(entries) == 0 {
		return
	}
	named, err := namedFiles(o)
	if err != nil {
		o.Log.Warn("console: read stored commands", "error", err)
		return
	}
	for _, e := range entries {
		if named[e.Name()] {
			continue
		}
		if err := os.Remove(filepath.Join(o.Spool, e.Name())); err != nil {
			o.Log.Warn("console: erase forgotten file", "error", err)
		}
	}
}

// namedFiles are the spooled files that a stored command still needs.
func namedFiles(o Options) (map[string]bool, error) {
	named := make(map[string]bool)
	if o.Stored == nil {
		return named, nil
	}
	stored, err := o.Stored()
	if err != nil {
		return nil, err
	}
	for _, in := range stored {
		var e event
		if json.Unmarshal(in.Raw, &e) != nil {
			continue // it will be dropped when it is decoded
		}
		for _, f := range e.Files {
			named[filepath.Base(f.Path)] = true
		}
	}
	return named, nil
}

// unspool erases files that are needed no more.
func (a *Adapter) unspool(files []spooled) {
	for _, f := range files {
		if err := os.Remove(f.below(a.o.Spool)); err != nil && !errors.Is(err, os.ErrNotExist) {
			a.o.Log.Warn("console: erase spooled file", "error", err)
		}
	}
}

// open opens a file for its reader.
func (a *Adapter) open(f spooled) (io.ReadCloser, error) { return os.Open(f.below(a.o.Spool)) }
