package docker

import (
	"fmt"
	"maps"
	"path"
	"slices"
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
	labelUser         = "onionbot.user" // uid:gid of the app
)

const (
	// shimPIDs are the processes and threads that a container has beside the
	// app's: the shim's own, and those of a removal by force.
	shimPIDs = 24

	hostKey  = shim.PrivateDir + "/ssh_host_key"
	logNone  = "none"
	logSmall = "json-file"
)

func containerName(id string) string { return "onionbot-" + id }

// containerConfig is what the container runs: the shim, which starts the app
// as its own user.
func (r *Runtime) containerConfig(spec services.ContainerSpec, who identity) *container.Config {
	d := spec.Definition
	args := make([]string, 0, len(d.Ports))
	for _, p := range d.Ports {
		args = append(args, shim.Port{Onion: p.Onion, App: p.App}.Arg())
	}
	if d.Inward != 0 {
		args = append(args, shim.InwardArg(d.Inward))
	}
	patience := int((d.Shutdown + 2*time.Second) / time.Second)
	return &container.Config{
		Hostname:   "onion",
		Domainname: domainName(who),
		User:       "0:0",
		Image:      d.Ref(),
		Entrypoint: strslice.StrSlice{shim.Program, "shim"},
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
			labelUser:         who.String(),
		},
	}
}

// domainName hides the host's, which the kernel would hand on. Where uids are
// mapped no engine can set one.
func domainName(who identity) string {
	if who.apart {
		return ""
	}
	return "onion"
}

// hostConfig is what the container may do: very little.
func (r *Runtime) hostConfig(spec services.ContainerSpec, who identity, logDriver string) *container.HostConfig {
	d := spec.Definition
	pids := d.Limits.PIDs + shimPIDs
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
		CgroupnsMode:   container.CgroupnsModePrivate, // or it would read where the engine keeps it
		MaskedPaths:    maskedPaths(),
		ReadonlyRootfs: true,
		Sysctls:        sysctls(),
		CapDrop:        strslice.StrSlice{"ALL"},
		CapAdd:         capabilities(d),
		SecurityOpt:    []string{"no-new-privileges", "seccomp=" + seccompJSON()},
		RestartPolicy:  container.RestartPolicy{Name: container.RestartPolicyDisabled},
		LogConfig:      logs,
		Mounts:         r.mounts(spec),
		Tmpfs:          tmpfs(d, who),
		Resources: container.Resources{
			Memory:     d.Limits.MemoryBytes,
			MemorySwap: d.Limits.MemoryBytes, // the same: no swap
			NanoCPUs:   int64(d.Limits.CPUs * 1e9),
			PidsLimit:  &pids,
			Ulimits:    ulimits(d, who),
		},
	}
}

// sysctls bound what the kernel keeps of connections that nobody reads: it
// counts as the container's memory, and by itself is megabytes for each.
func sysctls() map[string]string {
	const least, usual, most = 4 << 10, 16 << 10, 32 << 10 // bytes; there is no distance on a loopback
	return map[string]string{
		"net.ipv4.tcp_rmem": fmt.Sprintf("%d\t%d\t%d", least, usual, most),
		"net.ipv4.tcp_wmem": fmt.Sprintf("%d\t%d\t%d", least, usual, most),
	}
}

// capabilities are those of the shim, and those that the definition gives the
// app, which the shim starts with no others.
func capabilities(d *services.Definition) strslice.StrSlice {
	all := append(shim.OwnCaps(), d.Caps...)
	slices.Sort(all)
	return slices.Compact(all)
}

// ulimits bound each process, and the app's uid as a whole: processes are
// counted by uid, so that PID 1 always has room beside the app. Where uids are
// mapped the count would be that of everything the engine's user runs, and
// where the definition fixes the uid, that of all its instances.
func ulimits(d *services.Definition, who identity) []*units.Ulimit {
	all := []*units.Ulimit{
		{Name: "core", Soft: 0, Hard: 0}, // a dump on the host would hold content
		{Name: "nofile", Soft: 8192, Hard: 8192},
	}
	if who.own && !who.apart {
		all = append(all, &units.Ulimit{Name: "nproc", Soft: d.Limits.PIDs, Hard: d.Limits.PIDs})
	}
	return all
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
		bind(r.opts.ShimPath, shim.Program, false),
		bind(l.open(), shim.SocketDir, true),
		bind(l.control(), shim.ControlDir, false),
	}
	for n, path := range slices.Sorted(maps.Keys(spec.Definition.Volumes)) {
		all = append(all, mount.Mount{Type: mount.TypeVolume, Source: volumeName(spec.ID, n), Target: path})
	}
	if spec.Definition.App != "" {
		all = append(all, bind(r.opts.AppPath, shim.AppProgram, false))
	}
	if spec.ContentDir != "" && spec.Definition.Content != "" {
		all = append(all, bind(spec.ContentDir, spec.Definition.Content, false))
	}
	if spec.Definition.Account.Name != "" {
		all = append(all, bind(l.passwd(), "/etc/passwd", false), bind(l.group(), "/etc/group", false))
	}
	return all
}

// tmpfs are the definition's, which are the app's, and one for the files of
// the go request: the shim writes there, and the app may read.
func tmpfs(d *services.Definition, who identity) map[string]string {
	all := make(map[string]string)
	for path, options := range d.Tmpfs {
		if !strings.Contains(options, "uid=") {
			options += fmt.Sprintf(",uid=%d,gid=%d", who.uid, who.gid)
		}
		all[path] = options
	}
	if d.HostKey || len(d.Secrets) > 0 {
		all[shim.PrivateDir] = fmt.Sprintf("rw,noexec,nosuid,nodev,size=64k,mode=2750,uid=0,gid=%d", who.gid)
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

// command is what the shim runs: the definition's own, or an app of ours.
func command(spec services.ContainerSpec) []string {
	d := spec.Definition
	if d.App != "" {
		return []string{shim.AppProgram, "app", d.App}
	}
	return d.FillAll(d.Command, spec.Address, spec.Secrets)
}

// goRequest is what the shim is told once it is sealed. An instance whose
// visits were counted before, in a container that is gone, is counted from the
// start.
func goRequest(spec services.ContainerSpec, who identity, earlier shim.Report) shim.Request {
	d := spec.Definition
	visits := max(spec.Visits, earlier.Visits)
	g := &shim.Go{
		Command:   command(spec),
		User:      &shim.User{UID: who.uid, GID: who.gid, Caps: d.Caps},
		Env:       d.FillAll(d.Env, spec.Address, spec.Secrets),
		Dir:       d.WorkDir,
		Idle:      spec.Rules.Idle,
		MaxVisits: spec.Rules.Visits,
		Visits:    visits,
		Burst:     visitBurst(d.Probe),
		Shutdown:  d.Shutdown,
		// The bot arms once it has checked the address, unless no visit is left.
		Armed:       earlier.Armed || (spec.Rules.Visits > 0 && visits >= spec.Rules.Visits),
		Connections: d.Limits.Connections,
		Events:      d.Events(),
		ByEvents:    d.ByEvents(),
	}
	if d.HostKey && spec.HostKey != "" {
		g.Files = append(g.Files, shim.File{Path: hostKey, Data: []byte(spec.HostKey.Reveal())})
	}
	for _, name := range d.Secrets {
		g.Files = append(g.Files, shim.File{Path: path.Join(shim.PrivateDir, name), Data: []byte(spec.Secrets[name].Reveal())})
	}
	return shim.Request{Op: shim.OpGo, Go: g}
}
