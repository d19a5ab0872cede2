package share

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Bounds of what is shown of a revision.
const (
	maxFiles = 2000
	maxNote  = 20_000 // bytes
)

// noteName is the file beside a revision's files that holds what its owner
// wrote about them.
const noteName = "words.txt"

// shelf is the owner's files as they are now.
type shelf struct {
	dir string // its entry "current" leads to the revision that is shown

	mu   sync.Mutex
	last *revision
}

// revision is what the owner has sent, up to a moment. It never changes.
type revision struct {
	name  string // what tells it from others
	note  string
	files []*file

	once    sync.Once
	archive *archive // nil if it cannot be made
}

// file is one file of a revision.
type file struct {
	name string // path below the revision, with slashes
	path string
	size int64
	tag  string // entity tag
}

// now is the revision that is shown; nil if there is none.
func (s *shelf) now() *revision {
	link, err := os.Readlink(filepath.Join(s.dir, "current"))
	if err != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil || s.last.name != link {
		r, err := load(s.dir, link)
		if err != nil {
			return nil // it is being replaced: the next request sees the next one
		}
		s.last = r
	}
	return s.last
}

// load reads a revision's directory.
func load(dir, link string) (*revision, error) {
	root := filepath.Join(dir, link)
	r := &revision{name: link}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() { // links lead nowhere
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil || len(r.files) == maxFiles {
			return err
		}
		f := &file{name: filepath.ToSlash(name), path: path, size: info.Size()}
		f.tag = tag(link, f.name, fmt.Sprint(f.size))
		r.files = append(r.files, f)
		return nil
	})
	if err != nil {
		return nil, err
	}
	r.note = readNote(filepath.Join(filepath.Dir(root), noteName))
	return r, nil
}

func readNote(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	b, _ := io.ReadAll(io.LimitReader(f, maxNote))
	return strings.ToValidUTF8(strings.TrimSpace(string(b)), "\uFFFD")
}

// tag is an entity tag. Revisions never change, so their names tell enough.
func tag(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return `"` + hex.EncodeToString(sum[:8]) + `"`
}

// find is a file by its name; -1 if there is none.
func (r *revision) find(name string) int {
	for i, f := range r.files {
		if f.name == name {
			return i
		}
	}
	return -1
}

// bytes is the size of all files together.
func (r *revision) bytes() int64 {
	var n int64
	for _, f := range r.files {
		n += f.size
	}
	return n
}

// all is the archive of everything. The first who asks waits until the files
// have been read once.
func (r *revision) all() *archive {
	r.once.Do(func() {
		if len(r.files) > 0 {
			r.archive, _ = layOut(r)
		}
	})
	return r.archive
}

// sum is a file's checksum.
func (f *file) sum() (uint32, error) {
	in, err := os.Open(f.path)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	h := crc32.NewIEEE()
	_, err = io.Copy(h, in)
	return h.Sum32(), err
}
