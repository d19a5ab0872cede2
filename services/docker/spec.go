package docker

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/strslice"
	"github.com/docker/go-units"

	"onionbot/services"
	"onionbot/services/shim"
)

// Labels of everything that is ours.
const (
	labelOurs         = "onionbot"
	labelInstallation = "onionbot.installation"
	labelInstance     = "onionbot.instance"
	labelService      = "onionbot.service"
)

const (
	shimInside = "/onion/onionbot"
	hostKey    = shim.PrivateDir + "/ssh_host_key"
	logNone    = "none"
	logSmall   = "json-file"
)

func containerName(id string) string { return "onionbot-" + id }

// containerConfig is what the container runs: the shim, as the app's user.
func (r *Runtime) containerConfig(spec services.ContainerSpec) *container.Config {
	d := spec.Definition
	args := make([]string, 0, len(d.Ports))
	for _, p := range d.Ports {
		args = append(args, shim.Port{Onion: p.Onion, App: p.App}.Arg())
	}
	patience := int((d.Shutdown + 2*time.Second) / time.Second)
	return &container.Config{
		Hostname:   "onion",
		User:       d.User,
		Image:      d.Ref(),
		Entrypoint: strslice.StrSlice{shimInside, "shim"},
		Cmd:        args,
		// For the shim alone, which gives the app an environment of its own:
		// few threads, they count against the limit of processes.
		Env:             []string{"GOMAXPROCS=2"},
		WorkingDir:      "/",
		NetworkDisabled: true,
		StopSignal:      "SIGTERM",
		StopTimeout:     &patience,
		Healthcheck:     &container.HealthConfig{Test: []string{"NONE"}},
		Labels: map[string]string{
			labelOurs:         "1",
			labelInstallation: r.opts.Installation,
			labelInstance:     spec.ID,
			labelService:      d.Name,
		},
	}
}

// hostConfig is what the container may do: very little.
func (r *Runtime) hostConfig(spec services.ContainerSpec, logDriver string) *container.HostConfig {
	d := spec.Definition
	pids := d.Limits.PIDs
	logs := container.LogConfig{Type: logDriver}
	if logDriver == logSmall {
		logs.Config = map[string]string{"max-size": "16k", "max-file": "1"}
	}
	return &container.HostConfig{
		NetworkMode: "none",
		// Otherwise the container would read the host's name servers and domain.
		DNS:            []string{"127.0.0.1"},
		DNSSearch:      []string{"."},
		IpcMode:        container.IPCModeNone,
		ReadonlyRootfs: true,
		CapDrop:        strslice.StrSlice{"ALL"},
		CapAdd:         strslice.StrSlice(d.Caps),
		SecurityOpt:    []string{"no-new-privileges", "seccomp=" + seccompJSON()},
		RestartPolicy:  container.RestartPolicy{Name: container.RestartPolicyDisabled},
		LogConfig:      logs,
		Mounts:         r.mounts(spec),
		Tmpfs:          tmpfs(d),
		Resources: container.Resources{
			Memory:     d.Limits.MemoryBytes,
			MemorySwap: d.Limits.MemoryBytes, // the same: no swap
			NanoCPUs:   int64(d.Limits.CPUs * 1e9),
			PidsLimit:  &pids,
			Ulimits: []*units.Ulimit{
				{Name: "core", Soft: 0, Hard: 0}, // a dump on the host would hold content
				{Name: "nofile", Soft: 8192, Hard: 8192},
			},
		},
	}
}

func (r *Runtime) mounts(spec services.ContainerSpec) []mount.Mount {
	bind := func(from, to string, writable bool) mount.Mount {
		return mount.Mount{
			Type: mount.TypeBind, Source: from, Target: to, ReadOnly: !writable,
			BindOptions: &mount.BindOptions{Propagation: mount.PropagationRPrivate},
		}
	}
	l := r.layout(spec.ID)
	all := []mount.Mount{
		bind(r.opts.ShimPath, shimInside, false),
		bind(l.open(), shim.SocketDir, true),
		bind(l.control(), shim.ControlDir, false),
	}
	if spec.ContentDir != "" && spec.Definition.Content != "" {
		all = append(all, bind(spec.ContentDir, spec.Definition.Content, false))
	}
	return all
}

// tmpfs are the definition's, and one for the files of the go request.
func tmpfs(d *services.Definition) map[string]string {
	all := maps.Clone(d.Tmpfs)
	if all == nil {
		all = make(map[string]string)
	}
	if d.HostKey {
		uid, gid, _ := strings.Cut(d.User, ":")
		all[shim.PrivateDir] = fmt.Sprintf("rw,noexec,nosuid,nodev,size=64k,mode=0700,uid=%s,gid=%s", uid, gid)
	}
	return all
}

// visitBurst is how close connections are one visit: a browser opens several
// for one page, an ssh client does not.
func visitBurst(kind services.ProbeKind) time.Duration {
	if kind == services.ProbeHTTP {
		return 30 * time.Second
	}
	return 0
}

// goRequest is what the shim is told once it is sealed.
func goRequest(spec services.ContainerSpec) shim.Request {
	d := spec.Definition
	g := &shim.Go{
		Command:   d.Command,
		Env:       d.Env,
		Idle:      spec.Rules.Idle,
		MaxVisits: spec.Rules.Visits,
		Visits:    spec.Visits,
		Burst:     visitBurst(d.Probe),
		Shutdown:  d.Shutdown,
		// The bot arms once it has checked the address, unless no visit is left.
		Armed: spec.Rules.Visits > 0 && spec.Visits >= spec.Rules.Visits,
	}
	if d.HostKey && spec.HostKey != "" {
		g.Files = append(g.Files, shim.File{Path: hostKey, Data: []byte(spec.HostKey.Reveal())})
	}
	return shim.Request{Op: shim.OpGo, Go: g}
}
