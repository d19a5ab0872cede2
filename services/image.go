package services

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// OwnUser as a definition's User asks for a user of the instance's own, whatever
// the image says.
const OwnUser = "own"

// volumeShare is the part of a container's memory that a volume of its image
// may take, which is memory too.
const (
	volumeShare = 4
	volumeMost  = 64 << 20 // bytes
)

// Image is what an image says of itself. It counts where a definition says
// nothing.
type Image struct {
	Entrypoint []string
	Cmd        []string
	Env        []string // KEY=value
	WorkDir    string
	Ports      []int    // TCP ports that it says the app listens on, ascending
	Volumes    []string // paths that it says the app writes to
	User       string   // uid:gid of whom the app is to run as; "" for a user of the instance's own
	Home       string   // of that user; "" if it is not known
}

// Complete returns the definition with what it leaves to its image. Doing it
// again changes nothing. A definition and an image that together do not say
// what to run are [CodeBadConfig].
func (d *Definition) Complete(img Image) (*Definition, error) {
	full := *d
	full.User = cmp.Or(img.User, OwnUser)
	full.WorkDir = cmp.Or(d.WorkDir, img.WorkDir, "/")
	full.Env = mergeEnv(img.Env, d.Env)
	if home := cmp.Or(d.Account.Home, img.Home, "/tmp"); lookupEnv(full.Env, "HOME") < 0 {
		full.Env = append(full.Env, "HOME="+home)
	}
	full.Tmpfs = d.mergeVolumes(img.Volumes)
	if len(d.Command) == 0 && d.App == "" {
		full.Command = append(slices.Clone(img.Entrypoint), img.Cmd...)
		if len(d.Args) > 0 {
			full.Command = append(slices.Clone(img.Entrypoint), d.Args...)
		}
	}
	if len(full.Command) == 0 && d.App == "" {
		return nil, d.lacks("the image says no command; set command to what the app is started with")
	}
	if len(d.Ports) == 0 {
		full.Ports = portsOf(img.Ports)
	}
	if len(full.Ports) == 0 {
		return nil, d.lacks("the image says no TCP port; add [[ports]] with the port that the app listens on")
	}
	full.Probe = cmp.Or(d.Probe, guessProbe(full.Ports))
	return &full, nil
}

func (d *Definition) lacks(what string) error {
	return E(CodeBadConfig, "file", "service "+d.Name, "problem", what)
}

// mergeEnv are the image's variables, and the definition's over them.
func mergeEnv(image, own []string) []string {
	var all []string
	for _, v := range image {
		name, _, _ := strings.Cut(v, "=")
		if lookupEnv(own, name) < 0 {
			all = append(all, v)
		}
	}
	return append(all, own...)
}

// lookupEnv is where a variable stands; -1 if it does not.
func lookupEnv(env []string, name string) int {
	return slices.IndexFunc(env, func(v string) bool { return strings.HasPrefix(v, name+"=") })
}

// mergeVolumes are the definition's tmpfs, and one for each volume of the image
// that the definition does not speak of: the engine would make an unbounded
// directory of the host's of it.
func (d *Definition) mergeVolumes(volumes []string) map[string]string {
	all := maps.Clone(d.Tmpfs)
	for _, p := range volumes {
		p = path.Clean(p)
		_, named := d.Volumes[p]
		if _, is := all[p]; is || named || p == d.Content || !Mountable(p) {
			continue
		}
		if all == nil {
			all = make(map[string]string)
		}
		all[p] = TmpfsOptions(min(d.Limits.MemoryBytes/volumeShare, volumeMost))
	}
	return all
}

// TmpfsOptions are the mount options of a tmpfs of so many bytes that is the
// app's own.
func TmpfsOptions(bytes int64) string {
	return fmt.Sprintf("rw,noexec,nosuid,nodev,size=%dk,mode=0700", max(bytes>>10, 4))
}

// Mountable reports whether something may be mounted at p in a container.
func Mountable(p string) bool {
	return path.IsAbs(p) && path.Clean(p) == p && p != "/" &&
		p != "/onion" && !strings.HasPrefix(p, "/onion/") && !strings.ContainsAny(p, ":,")
}

// webPorts are those on which programs with a web page listen by custom, the
// most likely first.
var webPorts = []int{80, 8080, 8000, 3000, 5000, 8888, 8081, 8008, 4000, 9000} //nolint:gochecknoglobals // never changes

// portsOf joins the ports of an image to those of the address: the one that
// looks like a web page's to 80, and the others as they are.
func portsOf(app []int) []Port {
	web := slices.IndexFunc(webPorts, func(p int) bool { return slices.Contains(app, p) })
	var all []Port
	for _, p := range app {
		switch {
		case web >= 0 && p == webPorts[web]:
			all = append([]Port{{Onion: 80, App: p}}, all...)
		default:
			all = append(all, Port{Onion: p, App: p})
		}
	}
	return all
}

// guessProbe is how a service is looked at that says nothing of it.
func guessProbe(ports []Port) ProbeKind {
	switch {
	case ports[0].Onion == 80 || slices.Contains(webPorts, ports[0].App):
		return ProbeHTTP
	case ports[0].Onion == 22:
		return ProbeSSH
	}
	return ProbeTCP
}
