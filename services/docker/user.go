package docker

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/docker/docker/api/types/system"

	"onionbot/services"
)

// identity is whom an app runs as.
type identity struct {
	uid, gid uint32
	own      bool // the instance's alone, not one that the definition fixes
	apart    bool // the engine's containers have uids of their own, which are not the host's
}

func (i identity) String() string { return fmt.Sprintf("%d:%d", i.uid, i.gid) }

// idRange is where the uids of instances are taken from. An instance's gid is
// the same number.
type idRange struct{ first, size uint32 }

var (
	// On the host itself: numbers that no distribution, no container engine and
	// no directory service gives to anybody, below 2³¹.
	hostIDs = idRange{0x70000000, 0x0fff0000} //nolint:gochecknoglobals // never changes
	// Where a container has a range of its own mapped, which is 65536 wide.
	mappedIDs = idRange{20000, 40000} //nolint:gochecknoglobals // never changes
)

func (r idRange) has(n uint32) bool { return n >= r.first && n-r.first < r.size }

func (r idRange) pick() uint32 { return r.first + rand.Uint32N(r.size) } //nolint:gosec // not a secret

// identify returns whom the instance's app runs as. A number of its own is
// written into the instance's directory: it stays with the instance, and no
// other instance has it while that directory is there.
func (r *Runtime) identify(ctx context.Context, id string, d *services.Definition) (identity, error) {
	apart, err := r.mapsUsers(ctx)
	if err != nil {
		return identity{}, err
	}
	if d.User != "" && d.User != services.OwnUser {
		who, err := parseUser(d.User)
		who.apart = apart
		return who, err
	}
	ids := hostIDs
	if apart {
		ids = mappedIDs
	}
	n, err := r.ownID(id, ids)
	if err != nil {
		return identity{}, services.Wrap(services.CodeReadOnlyState, err)
	}
	return identity{uid: n, gid: n, own: true, apart: apart}, nil
}

func parseUser(s string) (identity, error) {
	uid, gid, _ := strings.Cut(s, ":")
	u, err1 := strconv.ParseUint(uid, 10, 31)
	g, err2 := strconv.ParseUint(gid, 10, 31)
	if err := errors.Join(err1, err2); err != nil {
		return identity{}, fmt.Errorf("docker: %q is no uid:gid: %w", s, err)
	}
	return identity{uid: uint32(u), gid: uint32(g)}, nil
}

// ownID reads or chooses the instance's number.
func (r *Runtime) ownID(id string, ids idRange) (uint32, error) {
	r.idMu.Lock()
	defer r.idMu.Unlock()
	l := r.layout(id)
	if n, ok := l.readID(); ok && ids.has(n) {
		return n, nil
	}
	taken, err := r.takenIDs()
	if err != nil {
		return 0, err
	}
	if len(taken) >= int(ids.size) {
		return 0, fmt.Errorf("docker: all %d users for instances are taken", ids.size)
	}
	n := ids.pick()
	for slices.Contains(taken, n) {
		n = ids.pick()
	}
	return n, replaceFile(l.id(), strconv.AppendUint(nil, uint64(n), 10))
}

// takenIDs are the numbers of all instances that have a directory.
func (r *Runtime) takenIDs() ([]uint32, error) {
	dirs, err := r.listDirs()
	if err != nil {
		return nil, err
	}
	var taken []uint32
	for _, id := range dirs {
		if n, ok := r.layout(id).readID(); ok {
			taken = append(taken, n)
		}
	}
	return taken, nil
}

func (l layout) id() string { return filepath.Join(l.dir, "uid") }

func (l layout) readID() (uint32, bool) {
	b, err := os.ReadFile(l.id())
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b), 10, 31)
	return uint32(n), err == nil
}

// mapsUsers reports whether the engine gives containers uids of their own:
// rootless, or with user namespaces. It is asked once.
func (r *Runtime) mapsUsers(ctx context.Context) (bool, error) {
	r.idMu.Lock()
	defer r.idMu.Unlock()
	if r.maps != nil {
		return *r.maps, nil
	}
	var info system.Info
	err := call(ctx, quickCall, func(ctx context.Context) (err error) {
		info, err = r.cli.Info(ctx)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("ask the engine about its users: %w", err)
	}
	maps := slices.ContainsFunc(info.SecurityOptions, func(s string) bool {
		return strings.Contains(s, "name=rootless") || strings.Contains(s, "name=userns")
	})
	r.maps = &maps
	return maps, nil
}

// writeAccounts writes what stands in for the image's /etc/passwd and
// /etc/group.
func (l layout) writeAccounts(a services.Account, who identity) error {
	const nobody = "65534"
	passwd := "root:*:0:0::/:/bin/false\n" + "nobody:*:" + nobody + ":" + nobody + "::/:/bin/false\n" +
		fmt.Sprintf("%s:*:%d:%d::%s:%s\n", a.Name, who.uid, who.gid, a.Home, a.Shell)
	group := "root:*:0:\ntty:*:5:\nnogroup:*:" + nobody + ":\n" + fmt.Sprintf("%s:*:%d:\n", a.Name, who.gid)
	return errors.Join(replaceFile(l.passwd(), []byte(passwd)), replaceFile(l.group(), []byte(group)))
}

func (l layout) passwd() string { return filepath.Join(l.dir, "passwd") }
func (l layout) group() string  { return filepath.Join(l.dir, "group") }
