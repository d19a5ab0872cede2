package docker

import (
	"context"
	"strings"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/system"
)

// Engine is what the engine says of itself.
type Engine struct {
	Name       string // "Docker" or "Podman"
	Version    string
	APIVersion string // the one that is spoken
	OS         string
	CPUs       int
	Memory     int64    // bytes
	Security   []string // "seccomp", "apparmor", "rootless", …
	Lacks      []Lack
}

// Lack is something that the engine or its kernel cannot do.
type Lack struct {
	Stops bool   // no service starts without it
	Say   string // a sentence for the operator, with what to do
}

// Describe asks the engine what it is.
func (r *Runtime) Describe(ctx context.Context) (Engine, error) {
	var info system.Info
	var e Engine
	err := call(ctx, quickCall, func(ctx context.Context) (err error) {
		if info, err = r.cli.Info(ctx); err != nil {
			return err
		}
		v, err := r.cli.ServerVersion(ctx)
		e.Name, e.Version = "Docker", v.Version
		if strings.Contains(strings.ToLower(v.Platform.Name+componentNames(v.Components)), "podman") {
			e.Name = "Podman"
		}
		return err
	})
	if err != nil {
		return Engine{}, err
	}
	e.APIVersion, e.OS = r.cli.ClientVersion(), info.OperatingSystem
	e.CPUs, e.Memory, e.Lacks = info.NCPU, info.MemTotal, lacks(info)
	for _, s := range info.SecurityOptions {
		name, _, _ := strings.Cut(strings.TrimPrefix(s, "name="), ",")
		e.Security = append(e.Security, name)
	}
	return e, nil
}

func componentNames(all []types.ComponentVersion) string {
	var names []string
	for _, c := range all {
		names = append(names, c.Name)
	}
	return strings.Join(names, " ")
}

// lacks reads out of the engine's report what is missing.
func lacks(info system.Info) []Lack {
	var found []Lack
	if strings.HasPrefix(info.DockerRootDir, "/var/snap/") {
		found = append(found, Lack{true, "It is the snap of Docker, which does not see the directories of the bot: install your distribution's package instead, as in: sudo snap remove docker && sudo apt-get install docker.io"})
	}
	if !info.CPUCfsQuota {
		found = append(found, Lack{true, "Its kernel does not limit processor time (CONFIG_CFS_BANDWIDTH), and it starts no service without: use a kernel that does"})
	}
	if !info.MemoryLimit {
		found = append(found, Lack{false, "Its kernel does not limit memory: one service can use all of it. On a Raspberry Pi add cgroup_enable=memory cgroup_memory=1 to the line in /boot/firmware/cmdline.txt and restart the machine"})
	}
	if !info.PidsLimit {
		found = append(found, Lack{false, "Its kernel does not limit processes: one service can use all that there are"})
	}
	return found
}

// sayOnce logs what the engine does not do of what it was told, once for each.
func (r *Runtime) sayOnce(warnings []string) {
	for _, w := range warnings {
		r.mu.Lock()
		said := r.warned[w]
		if !said && len(r.warned) < maxWarned {
			r.warned[w] = true
		}
		r.mu.Unlock()
		if !said {
			r.log.Warn(`the engine does less than it was told; "onionbot doctor" says what can be done`, "warning", w)
		}
	}
}

// maxWarned bounds what is remembered of an engine that never says the same
// twice.
const maxWarned = 100
