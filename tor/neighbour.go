package tor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"onionbot/services"
)

// Neighbour is a tor that somebody else runs, as it tells of itself.
type Neighbour struct {
	Socket   string  // its control socket
	Account  Account // who it runs as
	Version  string
	Percent  int    // of the bootstrap
	Problem  string // what keeps it from the Tor network; "" for nothing
	Confined string // the AppArmor profile that decides which sockets it may open; "" for none
}

// Inspect asks the tor behind a control socket who it is. What an operator has
// to change is [services.CodeBadConfig], with the line that does it; a tor that
// does not run is [services.CodeUnavailable].
func Inspect(ctx context.Context, socket string) (Neighbour, error) {
	n := Neighbour{Socket: socket}
	s, err := dialSession(ctx, socket, defaultCall)
	if err != nil {
		return n, refusedBy(socket, err)
	}
	defer s.close()
	answers := make(map[string]string)
	for _, key := range []string{"process/uid", "process/pid", "version", "status/bootstrap-phase"} {
		if answers[key], err = s.info(ctx, key); err != nil {
			return n, unavailable(err)
		}
	}
	n.Version, n.Percent = answers["version"], progress(answers["status/bootstrap-phase"])
	n.Problem = warningOf(answers["status/bootstrap-phase"])
	if n.Account, err = accountOf(answers["process/uid"]); err != nil {
		return n, err
	}
	n.Confined = confinement(answers["process/pid"])
	return n, nil
}

// accountOf finds who a uid is.
func accountOf(text string) (Account, error) {
	uid, err := strconv.Atoi(text)
	if err != nil || uid < 0 {
		return Account{}, unavailable(fmt.Errorf("tor does not tell who it runs as: %q", text))
	}
	a := Account{Name: text, UID: uid, GID: uid}
	if u, err := user.LookupId(text); err == nil {
		a.Name = u.Username
		if gid, err := strconv.Atoi(u.Gid); err == nil {
			a.GID = gid
		}
	}
	return a, nil
}

// confinement is the AppArmor profile that holds a process to its rules, as far
// as this process may know it.
func confinement(pid string) string {
	label, err := os.ReadFile(filepath.Join("/proc", filepath.Base(pid), "attr", "current"))
	if err != nil {
		return ""
	}
	profile, enforced := strings.CutSuffix(strings.TrimRight(string(label), "\x00\n"), " (enforce)")
	if !enforced {
		return ""
	}
	return profile
}

// warningOf reads why a tor does not get on with its bootstrap.
func warningOf(phase string) string {
	_, rest, ok := strings.Cut(phase, `WARNING="`)
	if !ok {
		return ""
	}
	text, _, _ := strings.Cut(rest, `"`)
	return text
}

// Admits sees that this process can hand the sockets of services to the
// neighbour, and returns its account: the zero value if that is our own user.
func (n Neighbour) Admits() (Account, error) {
	switch euid := os.Geteuid(); {
	case n.Account.UID == euid:
		return Account{}, nil
	case n.Account.UID == 0:
		return Account{}, nil // nothing is closed to root
	case euid != 0:
		return Account{}, services.E(services.CodeBadConfig, "problem", fmt.Sprintf(
			"the tor at %s runs as %s, and only root can hand the sockets of services to another user; run the bot as root or as %s, or remove tor.control_sockets and it runs tors of its own",
			n.Socket, n.Account.Name, n.Account.Name))
	}
	return n.Account, nil
}

// refusedBy says what to change when a control socket does not let us in.
func refusedBy(socket string, err error) error {
	refuse := func(format string, args ...any) error {
		return services.Wrap(services.CodeBadConfig, err, "problem", fmt.Sprintf(format, args...))
	}
	text := err.Error()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return unavailable(fmt.Errorf("there is no control socket %s; put these lines into that tor's torrc and start it again: ControlSocket %s GroupWritable RelaxDirModeCheck / CookieAuthentication 1 / CookieAuthFileGroupReadable 1", socket, socket))
	case errors.Is(err, syscall.ECONNREFUSED):
		return unavailable(fmt.Errorf("nobody listens at %s: the tor behind it does not run", socket))
	case errors.Is(err, fs.ErrPermission):
		return refuse("%s may not open the control socket %s; %s", self(), socket, admission(socket))
	case errors.Is(err, syscall.ENOTSOCK), errors.Is(err, syscall.EPROTOTYPE):
		return refuse("%s is not a control socket", socket)
	case strings.Contains(text, "read COOKIEFILE"):
		return refuse("%s may not read the cookie of the tor at %s; put the line CookieAuthFileGroupReadable 1 into its torrc, and if need be type: sudo usermod -aG %s %s", self(), socket, groupOf(socket), self())
	case strings.Contains(text, "password auth"), strings.Contains(text, "No supported authentication"):
		return refuse("the tor at %s wants a password; put the line CookieAuthentication 1 into its torrc", socket)
	}
	return unavailable(err)
}

// admission is what lets this process's user open a socket: its group, if that
// is enough, else the option that makes it so.
func admission(socket string) string {
	join := fmt.Sprintf("type: sudo usermod -aG %s %s, and start the bot again", groupOf(socket), self())
	info, err := os.Stat(socket)
	if err == nil && info.Mode().Perm()&0o020 == 0 {
		return fmt.Sprintf("put the line ControlSocket %s GroupWritable into that tor's torrc, and %s", socket, join)
	}
	return join
}

// groupOf is the group of a socket, or of the directory in which it is hidden.
func groupOf(socket string) string {
	for _, path := range []string{socket, filepath.Dir(socket)} {
		info, err := os.Stat(path)
		if err != nil {
			continue
		}
		if s, ok := info.Sys().(*syscall.Stat_t); ok {
			gid := strconv.Itoa(int(s.Gid))
			if g, err := user.LookupGroupId(gid); err == nil {
				return g.Name
			}
			return gid
		}
	}
	return "debian-tor"
}

// self is this process's user, for people.
func self() string {
	id := strconv.Itoa(os.Geteuid())
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return id
}
