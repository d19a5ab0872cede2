package services

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// trouble is what apps say when they lack something, and what to set then.
type trouble struct {
	says   *regexp.Regexp
	advice func(said string, m []string) string
}

const (
	permitted = `(?:operation not permitted|EPERM)`
	denied    = `(?:permission denied|EACCES)`
)

var (
	readOnly   = regexp.MustCompile(`(?i)read-?only file ?system|EROFS`)
	unreadable = regexp.MustCompile(`(?i)` + denied)
)

// always is an advice that is the same whatever was said around it.
func always(text string) func(string, []string) string {
	return func(string, []string) string { return text }
}

// troubles in the order of how much they explain.
var troubles = []trouble{ //nolint:gochecknoglobals // a table
	{readOnly, adviseWritable},
	{regexp.MustCompile(`(?i)no space left on device|ENOSPC`), always("it has filled what it may write to: enlarge the [tmpfs] or [volumes] entry that it writes to")},
	{regexp.MustCompile(`(?i)network is (?:unreachable|down)|ENETUNREACH|failure in name resolution|could(?: not|n't) resolve|EAI_AGAIN|ENOTFOUND|no such host|name or service not known`), always(
		"it wants the network, and a service has none, on purpose: turn updates, telemetry and look-ups off in its settings, and put what it fetches into its image (RUN in a Dockerfile)")},
	{regexp.MustCompile(`(?i)(?:bind|listen)[^;]{0,120}?` + denied), always(
		`it may not listen on that port: have it listen on one above 1023 and name that one as app in [[ports]], or set caps = ["NET_BIND_SERVICE"]`)},
	{regexp.MustCompile(`(?i)cannot assign requested address|EADDRNOTAVAIL`), always("it wants an address that is not there: have it listen on 127.0.0.1 or 0.0.0.0")},
	{regexp.MustCompile(`(?i)address family not supported|EAFNOSUPPORT`), always("it wants a kind of network that is not there, IPv6 for the most part: have it listen on 127.0.0.1")},
	{regexp.MustCompile(`(?i)chown[^.;]{0,120}` + permitted), always(
		`it wants to give files away, which only root may: set user to whom it would become, so that it has no need to, or set caps = ["CHOWN"]`)},
	{regexp.MustCompile(`(?i)(?:set(?:e|re|res)?[ug]ids?|setgroups|initgroups|gosu|su-exec|setpriv|drop(?:ping)? privileges)[^.;]{0,120}` + permitted), always(
		`it wants to become another user, which only root may: turn that off in its settings or start it without the program that does it (command), or set caps = ["SETUID", "SETGID"]`)},
	{regexp.MustCompile(`(?i)chroot[^.;]{0,120}` + permitted), always(`it wants to change its root: turn that off in its settings, or set caps = ["SYS_CHROOT"]`)},
	{regexp.MustCompile(`(?i)(?:must be|not running|please run|run) (?:run )?as root|(?:must|need to) be root|are you root`), always(
		`it wants to be root: turn that off in its settings, or set user = "0:0", which is root without any of its powers`)},
	{regexp.MustCompile(`(?i)getpwuid|no passwd entry|cannot find name for user|unknown user|user .{0,20}does not exist|no user exists`), always(
		"it wants its user to have a name: add [account] with name, home and shell")},
	{regexp.MustCompile(`(?i)fork[^.;]{0,60}resource temporarily unavailable|pthread_create|(?:can't|cannot) fork|newosproc`), always("it wants more processes or threads: enlarge limits.pids")},
	{regexp.MustCompile(`(?i)cannot allocate memory|out of memory|ENOMEM`), always("it wants more memory: enlarge limits.memory")},
	{regexp.MustCompile(`(?i)start (/\S+): permission denied`), func(_ string, m []string) string {
		return m[1] + " may not be run: chmod +x it in the folder, or RUN chmod 755 " + m[1] + " in the Dockerfile"
	}},
	{regexp.MustCompile(`(?i)start (/\S+): no such file`), func(_ string, m []string) string {
		return "there is no " + m[1] + " in the image, or not the program that its first line names, or workdir is not there: correct command, args or workdir"
	}},
	{regexp.MustCompile(`(?i)exec format error`), always("its program is for another processor, or a script without a first line like #!/bin/sh")},
	{unreadable, adviseReadable},
}

// Advise says what a service most likely lacks whose app has ended before it
// accepted a connection, and what to set in its manifest: a sentence for its
// operator. It is "" if nothing can be told.
func Advise(c Container, d *Definition) string {
	if c.NoMemory {
		return fmt.Sprintf("it wants more memory than limits.memory, %d MiB: enlarge it", d.Limits.MemoryBytes>>20)
	}
	return AdviseWords(c.Said)
}

// AdviseWords is [Advise] from an app's last words, or from the error with which
// its start was refused.
func AdviseWords(said string) string {
	for _, t := range troubles {
		if m := t.says.FindStringSubmatch(said); m != nil {
			return t.advice(said, m)
		}
	}
	return ""
}

// pathIn is a path as apps name it in their complaints.
var pathIn = regexp.MustCompile(`/[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*`)

// pathNear is the path that a complaint is about: the last one before it, else
// the first one after it.
func pathNear(said string, complaint *regexp.Regexp) string {
	at := complaint.FindStringIndex(said)
	if at == nil {
		return ""
	}
	const near = 200
	before := pathIn.FindAllString(said[max(0, at[0]-near):at[0]], -1)
	after := pathIn.FindString(said[at[1]:min(len(said), at[1]+near)])
	if len(before) > 0 {
		after = before[len(before)-1]
	}
	return strings.TrimRight(path.Clean(after), ".")
}

// shared are directories that hold more than one program's files: nothing may
// hide them.
var shared = []string{ //nolint:gochecknoglobals // never changes
	"/", "/bin", "/dev", "/etc", "/home", "/lib", "/opt", "/proc", "/root", "/sbin", "/srv", "/sys", "/usr", "/var", "/var/lib", "/usr/lib", "/usr/share", "/usr/local",
}

func adviseWritable(said string, _ []string) string {
	p := pathNear(said, readOnly)
	if p == "." || p == "" {
		return "it wants to write, and a container's files are read-only: add the directory under [tmpfs], as in \"/var/lib/x\" = \"16MiB\""
	}
	for _, fixed := range []string{"/etc/", "/usr/", "/bin/", "/lib/", "/opt/"} {
		if strings.HasPrefix(p, fixed) {
			return fmt.Sprintf("it wants to write to %s, and a container's files are read-only: have its settings name a place under /tmp, or a directory that you add under [tmpfs]", p)
		}
	}
	dir := path.Dir(p)
	if slices.Contains(shared, dir) {
		dir = p
	}
	return fmt.Sprintf("it needs a writable %s: add %q = \"16MiB\" under [tmpfs]", dir, dir)
}

func adviseReadable(said string, _ []string) string {
	p := pathNear(said, unreadable)
	if p == "." || p == "" {
		return "its user may not open something: have everybody read it in the image (RUN chmod -R a+rX …), or set user to whom it belongs"
	}
	return fmt.Sprintf("its user may not open %s: have everybody read it in the image (RUN chmod -R a+rX %s), set user to whom it belongs, or, if it writes there, add it under [tmpfs]", p, p)
}
