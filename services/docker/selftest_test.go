package docker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onionbot/services"
	"onionbot/services/shim"
)

// careless is an engine that makes containers otherwise than it is told. It
// returns the engine's address.
func careless(t *testing.T, weaken func(config map[string]any)) string {
	t.Helper()
	path := filepath.Join(filepath.Dir(runDir(t)), "engine.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			r := p.Out
			r.URL.Scheme, r.URL.Host = "http", "docker"
			if !strings.HasSuffix(r.URL.Path, "/containers/create") {
				return
			}
			var config map[string]any
			if err := json.NewDecoder(r.Body).Decode(&config); err != nil {
				t.Error(err)
			}
			weaken(config)
			body, _ := json.Marshal(config)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		},
		Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", "/var/run/docker.sock")
		}},
	}
	server := &http.Server{Handler: proxy, ReadHeaderTimeout: patience}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return "unix://" + path
}

// weaknesses are what an engine, its settings or a change of ours could do to a
// container, and what the self-test says of it.
var weaknesses = []struct { //nolint:gochecknoglobals // a table
	name   string
	weaken func(config, host map[string]any)
	say    []string
}{
	{"a bridge to the host's network", func(config, host map[string]any) {
		config["NetworkDisabled"], host["NetworkMode"] = false, "bridge"
	}, []string{"network interface eth0", "the internet at 1.1.1.1", "the cloud's metadata at 169.254.169.254", "the host at "}},
	{"the host's own network", func(config, host map[string]any) {
		config["NetworkDisabled"], host["NetworkMode"] = false, "host"
		delete(host, "Sysctls") // engines refuse those there, which is a wall more
		delete(config, "Domainname")
		delete(config, "Hostname")
	}, []string{"the host's namespace net", "the host's abstract socket @onionbot-"}},
	{"the engine's socket", func(_, host map[string]any) {
		bind(host, "/var/run/docker.sock", "/var/run/docker.sock")
	}, []string{"the host's socket /run/docker.sock"}},
	{"the engine's socket under another name", func(_, host map[string]any) {
		bind(host, "/var/run/docker.sock", "/srv/x")
	}, []string{"a mount at /srv/x"}},
	{"a directory of the host", func(_, host map[string]any) {
		bind(host, "/usr/share", "/mnt")
	}, []string{"a mount at /mnt"}},
	{"no filter of system calls", func(_, host map[string]any) {
		host["SecurityOpt"] = []string{"no-new-privileges", "seccomp=unconfined"}
	}, []string{"all system calls", "netlink beside that of addresses: uevent"}},
	{"new privileges", func(_, host map[string]any) {
		host["SecurityOpt"] = host["SecurityOpt"].([]any)[1:]
	}, nil}, // the shim sees to that one itself
	{"the engine's own filter", func(_, host map[string]any) {
		host["SecurityOpt"] = []string{"no-new-privileges"}
	}, []string{"AF_VSOCK"}},
	{"a capability and a device more", func(_, host map[string]any) {
		host["CapAdd"] = append(host["CapAdd"].([]any), "NET_RAW")
		host["Devices"] = []map[string]any{{"PathOnHost": "/dev/null", "PathInContainer": "/dev/sda", "CgroupPermissions": "r"}}
	}, []string{"the capabilities NET_RAW", "the device /dev/sda"}},
	{"the host's processes", func(_, host map[string]any) { host["PidMode"] = "host" }, []string{"the host's namespace pid"}},
}

func bind(host map[string]any, from, to string) {
	mounts, _ := host["Mounts"].([]any)
	host["Mounts"] = append(mounts, map[string]any{"Type": "bind", "Source": from, "Target": to})
}

func TestAppThatWouldNotBeShutInIsNotStarted(t *testing.T) {
	for _, w := range weaknesses {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			r := openOn(t, careless(t, func(config map[string]any) { w.weaken(config, config["HostConfig"].(map[string]any)) }))
			spec := services.ContainerSpec{ID: freshID(), Definition: service(t, "site"), Deadline: time.Now().Add(time.Hour)}
			if err := r.EnsureImage(t.Context(), spec.Definition, nil); err != nil {
				t.Fatal(err)
			}
			err := r.Run(t.Context(), spec)
			if w.say == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var e *services.Error
			if !errors.As(err, &e) || e.Code != services.CodeUnsafe {
				t.Fatalf("it was started: %v", err)
			}
			t.Log(e.Args["reached"])
			for _, what := range w.say {
				if !strings.Contains(e.Args["reached"], what) {
					t.Errorf("nothing about %q in %q", what, e.Args["reached"])
				}
			}
			if exec.CommandContext(t.Context(), "docker", "inspect", containerName(spec.ID)).Run() == nil {
				t.Error("its container is still there")
			}
		})
	}
}

// What holds the sockets of one service must not be seen by another, and what
// is well is well: the two that the catalogue has are started, and it is known
// how long their tests took.
func TestSelfTestTakesLittleTime(t *testing.T) {
	r := open(t)
	for _, name := range []string{"site", "ssh"} {
		spec := launch(t, r, services.ContainerSpec{Definition: service(t, name), HostKey: newHostKey(t).private})
		s, err := askShim(t.Context(), r.layout(spec.ID), shim.Request{Op: shim.OpStatus})
		if err != nil || s.Tested <= 0 {
			t.Errorf("%s: the self-test took %v (%v)", name, s.Tested, err)
		}
		t.Logf("%s: %v", name, s.Tested)
	}
}
