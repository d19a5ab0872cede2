package content

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"onionbot/services"
)

// member is one thing in an archive, whatever its format.
type member struct {
	name      string // decoded
	raw       string // as stored
	mode      fs.FileMode
	encrypted bool
	open      func() (io.ReadCloser, error)
}

// archive walks over what is in an archive, more than once if asked.
type archive func(yield func(member) error) error

// unpack writes what is in an archive; false if data is none, or one that is a
// document of its own.
func (w *writer) unpack(name string, data []byte) (bool, error) {
	var members archive
	var err error
	switch p := packingOf(name, data); p {
	case packNone:
		return false, nil
	case packZip:
		members, err = zipArchive(name, data)
	case packTar, packGzip, packBzip2:
		members, err = w.tarArchive(name, p, data)
	default:
		return true, services.Wrap(services.CodeBadContent, errors.New("not unpacked"), "reason", Packing, "kind", string(p))
	}
	if err != nil || members == nil {
		return err != nil, err
	}
	return true, w.members(members, len(data))
}

// members writes what an archive of so many bytes holds. Sizes are counted
// while unpacking: what the archive says of itself is not believed.
func (w *writer) members(all archive, packed int) error {
	var names []string
	err := all(func(m member) error {
		if leftover(m.name) == "" {
			names = append(names, m.name)
		}
		if len(names) > w.limits.Files {
			return refuse(TooMany, fmt.Errorf("%d entries", len(names)))
		}
		return nil
	})
	if err != nil {
		return err
	}
	strip := commonFolder(names)
	left := w.limits.unpacked(packed)
	return all(func(m member) error {
		if w.drop(m.name) {
			return nil
		}
		return w.leaveOut(w.member(m, strip, &left), m.name)
	})
}

// drop notes what a system left behind; false for anything else.
func (w *writer) drop(name string) bool {
	l := leftover(name)
	if l != "" && !slices.Contains(w.leftovers, l) {
		w.leftovers = append(w.leftovers, l)
	}
	return l != ""
}

// member writes one thing of an archive; left is how much may still come out.
func (w *writer) member(m member, strip string, left *int64) error {
	path := strings.TrimPrefix(slashed(m.name), strip)
	if path == "" {
		return nil // the folder itself
	}
	name, err := w.limits.clean(path)
	switch {
	case err != nil:
		return err
	case w.drop(name): // it was hidden behind characters that nobody sees
		return nil
	case m.mode.IsDir() || strings.HasSuffix(path, "/"):
		if w.files++; w.files > w.limits.Files {
			return refuse(TooMany, fmt.Errorf("%d entries", w.files))
		}
		return w.folders(name)
	case !m.mode.IsRegular():
		return refuse(BadKind, fmt.Errorf("mode %s", m.mode))
	case m.encrypted:
		return refuse(Encrypted, errors.New("encrypted"))
	}
	data, err := w.read(m, left)
	if err != nil {
		return err
	}
	f := file{name: name, data: data}
	if raw := strings.TrimPrefix(slashed(m.raw), strip); raw != name {
		f.raw = raw
		if w.added[name] { // two names that were cleaned to one
			f.name = w.free(name)
		}
	}
	return w.write(f)
}

func slashed(name string) string {
	name = strings.ReplaceAll(name, `\`, "/")
	for strings.HasPrefix(name, "./") {
		name = strings.TrimLeft(name[1:], "/")
	}
	return name
}

// read unpacks one file in memory: pictures and pages are cleaned as a whole.
func (w *writer) read(m member, left *int64) ([]byte, error) {
	body, err := m.open()
	if errors.Is(err, zip.ErrAlgorithm) {
		return nil, refuse(BadKind, err)
	}
	if err != nil {
		return nil, refuse(BadZip, err)
	}
	defer body.Close()
	room := w.limits.Bytes - w.bytes
	data, err := io.ReadAll(io.LimitReader(body, min(*left, room)+1))
	*left -= int64(len(data))
	switch {
	case int64(len(data)) > room:
		return nil, refuse(TooBig, fmt.Errorf("more than %d bytes", w.limits.Bytes))
	case *left < 0:
		return nil, refuse(Bomb, errors.New("ratio"))
	case reasonOf(err) != "":
		return nil, err
	case err != nil:
		return nil, refuse(BadZip, err)
	}
	return data, nil
}

// commonFolder is the folder that everything in an archive stands in, or the
// one in that one: people pack the folder, not what is in it. Nobody packs
// more than a few of them.
func commonFolder(names []string) string {
	strip := ""
	for range 8 {
		folder := oneFolder(names, strip)
		if folder == "" {
			break
		}
		strip += folder
	}
	return strip
}

// oneFolder is the one folder that all names have behind a prefix; "" if there
// is none.
func oneFolder(names []string, behind string) string {
	first := ""
	for _, name := range names {
		name = strings.TrimPrefix(slashed(name), behind)
		if name == "" {
			continue // the folder itself
		}
		folder, _, ok := strings.Cut(name, "/")
		if !ok || strings.Contains(folder, ":") || folder == "." || folder == ".." || folder == "" || folder == ".well-known" || (first != "" && folder+"/" != first) {
			return ""
		}
		first = folder + "/"
	}
	return first
}
