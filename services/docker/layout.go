package docker

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"onionbot/services"
	"onionbot/services/shim"
)

const (
	maxSocketPath = 107 // bytes, without the zero at the end; the kernel's and tor's limit
	idLength      = 14  // of an instance's second container
	openDir       = "s" // where the shim binds its sockets, until it is sealed
	controlDir    = "control"
	untilFile     = "until.txt"
	keysFile      = "authorized_keys"
)

var validID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// prepareRunDir makes the run directory and refuses one whose sockets could
// not be opened.
func prepareRunDir(dir string, group int) error {
	if !filepath.IsAbs(dir) {
		return services.E(services.CodeBadConfig, "problem", "the run directory must be an absolute path")
	}
	longest := len(filepath.Join(dir, strings.Repeat("x", idLength), shim.SocketName(65535)))
	if longest > maxSocketPath {
		return services.E(services.CodePathTooLong, "path", dir,
			"max", fmt.Sprint(maxSocketPath-(longest-len(dir))))
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return services.Wrap(services.CodeReadOnlyState, err)
	}
	return guard(dir, group)
}

// guard keeps everybody but the bot, and the group that tor runs in, out of a
// directory.
func guard(dir string, group int) error {
	mode := fs.FileMode(0o700)
	if group != 0 {
		if err := os.Chown(dir, -1, group); err != nil {
			return err
		}
		mode = 0o710
	}
	return os.Chmod(dir, mode)
}

// layout is the paths of one instance on the host.
type layout struct{ dir string }

func (r *Runtime) layout(id string) layout { return layout{filepath.Join(r.opts.RunDir, id)} }

func (l layout) open() string            { return filepath.Join(l.dir, openDir) }
func (l layout) control() string         { return filepath.Join(l.dir, controlDir) }
func (l layout) deadline() string        { return filepath.Join(l.dir, controlDir, shim.DeadlineFile) }
func (l layout) shim() string            { return filepath.Join(l.dir, shim.ControlSocket) }
func (l layout) inward() string          { return filepath.Join(l.dir, shim.InwardSocket) }
func (l layout) report() string          { return filepath.Join(l.dir, shim.ReportFile) }
func (l layout) socket(onion int) string { return filepath.Join(l.dir, shim.SocketName(onion)) }

// make makes the instance's own directory.
func (l layout) make(group int) error {
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return err
	}
	return guard(l.dir, group)
}

// reset makes the directories for a new container: no sockets of an earlier
// one, an open directory for the new ones, the control directory.
func (l layout) reset(group int) error {
	if err := l.make(group); err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(l.dir, "*.sock"))
	if err != nil {
		return err
	}
	for _, path := range append(old, l.open()) {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	if err := os.Mkdir(l.open(), 0o700); err != nil {
		return err
	}
	if err := os.MkdirAll(l.control(), 0o700); err != nil {
		return err
	}
	// The parent keeps the host's other users out; the container, in which
	// these are mounted, has a uid of its own.
	return errors.Join(os.Chmod(l.open(), 0o777), os.Chmod(l.control(), 0o755)) //nolint:gosec // see above
}

// seal takes the sockets out of the container's reach; see the package
// comment. It may be repeated, after a crash in the middle too.
func (l layout) seal(d *services.Definition, group int) error {
	names := expectedSockets(d)
	entries, err := os.ReadDir(l.open())
	if errors.Is(err, fs.ErrNotExist) {
		return errors.Join(l.checkSockets(names), l.shut(group))
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !slices.Contains(names, e.Name()) && e.Name() != shim.ReportFile {
			return fmt.Errorf("unexpected %q among the container's sockets", e.Name())
		}
		if err := os.Rename(filepath.Join(l.open(), e.Name()), filepath.Join(l.dir, e.Name())); err != nil {
			return err
		}
	}
	// What was moved is checked where nobody can change it any more.
	if err := l.checkSockets(names); err != nil {
		return err
	}
	return errors.Join(l.shut(group), os.Remove(l.open()))
}

// shut takes from the group that may pass here, to reach the sockets of the
// service, what else is here for anybody who gets here.
func (l layout) shut(group int) error {
	if group == 0 {
		return nil
	}
	err := os.Chmod(l.shim(), 0o600)
	for _, path := range []string{l.report(), l.inward()} {
		if e := os.Chmod(path, 0o600); !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// checkSockets fails unless every name is a socket, and the report a file; what
// is none is removed.
func (l layout) checkSockets(names []string) error {
	if info, err := os.Lstat(l.report()); err == nil && !info.Mode().IsRegular() {
		return errors.Join(errors.New("the report of the container is not a file"), os.RemoveAll(l.report()))
	}
	for _, name := range names {
		path := filepath.Join(l.dir, name)
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		if info.Mode().Type() != fs.ModeSocket {
			return errors.Join(fmt.Errorf("%s of the container is not a socket but %s", name, info.Mode().Type()), os.RemoveAll(path))
		}
	}
	return nil
}

func expectedSockets(d *services.Definition) []string {
	names := []string{shim.ControlSocket}
	if d.Inward != 0 {
		names = append(names, shim.InwardSocket)
	}
	for _, p := range d.Ports {
		names = append(names, shim.SocketName(p.Onion))
	}
	return names
}

// writeDeadline tells the shim, and the visitors of a default page, how long
// the instance lives. The operator's time zone is none of their business.
func (l layout) writeDeadline(at time.Time) error {
	until := at.UTC().Format("Monday 2 January 2006, 15:04 MST") + "\n"
	if err := replaceFile(filepath.Join(l.control(), untilFile), []byte(until)); err != nil {
		return err
	}
	return replaceFile(l.deadline(), shim.FormatDeadline(at))
}

// replaceFile replaces a file at once, readable for the container's user.
func replaceFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
