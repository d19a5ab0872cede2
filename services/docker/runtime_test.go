package docker

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onionbot/services"
	"onionbot/services/catalog"
	"onionbot/services/runtimetest"
	"onionbot/services/shim"
)

func TestDockerConforms(t *testing.T) {
	runtimetest.Run(t, func(t *testing.T) *runtimetest.Fixture {
		t.Parallel()
		r := open(t)
		if strings.Contains(t.Name(), "Hung") {
			r.patience.look, r.patience.hung = 200*time.Millisecond, time.Second
		}
		d := service(t, "site")
		return &runtimetest.Fixture{
			Runtime: r, Definition: d, Open: mirror(t), ID: freshID, Now: time.Now, Advance: time.Sleep, Settle: eventually,
			Visit: func(id string) error {
				res, err := browser(r, services.ContainerSpec{ID: id, Definition: d}).Get("http://site.onion/")
				if err != nil {
					return err
				}
				return res.Body.Close()
			},
			Pause:     func(id string) error { return engine(t, "pause", containerName(id)) },
			Hang:      func(id string) error { return stopShim(t, id) },
			CrashCode: 128 + int(syscall.SIGKILL),
			Crash: func(id string) error {
				_, err := inside(t, id, appUser(t, id), "kill -KILL $(cat /tmp/nginx.pid)")
				if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 128+int(syscall.SIGKILL) {
					return nil // it ended with the container
				}
				return err
			},
		}
	})
}

var update = flag.Bool("update", false, "write the golden files") //nolint:gochecknoglobals // a flag

func TestContainerSpecIsTheGoldenOne(t *testing.T) {
	for _, name := range []string{"site", "ssh"} {
		t.Run(name, func(t *testing.T) {
			r := &Runtime{opts: Options{RunDir: "/run/onionbot", ShimPath: "/usr/bin/onionbot", Installation: "main"}}
			d := service(t, name)
			d.Source.Digest = "0123456789abcdef"
			who := identity{uid: 1900000000, gid: 1900000000, own: true}
			spec := services.ContainerSpec{ID: "abcdefghijkl", Definition: d, HostKey: "SECRET", ContentDir: "/var/lib/onionbot/content/1"}
			host := r.hostConfig(spec, who, logNone)
			host.SecurityOpt[1], _, _ = strings.Cut(host.SecurityOpt[1], "{") // the profile is read in seccomp.go
			host.MaskedPaths = host.MaskedPaths[:1]                           // and these in masked.go
			got, err := json.MarshalIndent(map[string]any{"config": r.containerConfig(spec, who), "host": host}, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(got), "SECRET") {
				t.Error("the host key is in the container's configuration")
			}
			file := filepath.Join("testdata", name+".json")
			if *update {
				if err := os.WriteFile(file, append(got, '\n'), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
				t.Errorf("%s (-want +got), run with -update if it is meant:\n%s", file, diff)
			}
		})
	}
}

func TestRunDirectoryMustFitIntoSocketPaths(t *testing.T) {
	base := runDir(t)
	for _, c := range []struct {
		length int
		code   services.Code
	}{{81, ""}, {82, services.CodePathTooLong}} {
		dir := base + "/" + strings.Repeat("d", c.length-len(base)-1)
		r, err := New(Options{RunDir: dir, ShimPath: shimBinary, AppPath: appBinary, Installation: "x"})
		if got := services.CodeOf(err); got != c.code {
			t.Errorf("%d bytes: %v", c.length, err)
		}
		if err != nil {
			continue
		}
		if err := r.Prepare(t.Context(), "abcdefghijkl-2"); err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("unix", r.Target("abcdefghijkl-2", services.Port{Onion: 65535}))
		if err != nil {
			t.Errorf("the longest socket does not fit: %v", err)
		} else {
			_ = l.Close()
		}
		_ = r.Close()
	}
}

func TestEngineThatDoesNotAnswerIsUnavailable(t *testing.T) {
	r, err := New(Options{RunDir: runDir(t), ShimPath: shimBinary, AppPath: appBinary, Installation: "x", Host: "unix:///nonexistent/docker.sock"})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	d := service(t, "site")
	spec := services.ContainerSpec{ID: freshID(), Definition: d, Deadline: time.Now().Add(time.Hour)}
	_, listErr := r.List(t.Context())
	_, inspectErr := r.Inspect(t.Context(), spec.ID)
	for call, err := range map[string]error{
		"ping": r.Ping(t.Context()), "list": listErr, "inspect": inspectErr, "remove": r.Remove(t.Context(), spec.ID),
		"image": r.EnsureImage(t.Context(), d, nil), "run": r.Run(t.Context(), spec),
	} {
		if !services.IsCode(err, services.CodeUnavailable) {
			t.Errorf("%s: %v", call, err)
		}
	}
}

func TestEngineThatHangsIsGivenUp(t *testing.T) {
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "d.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r, err := New(Options{RunDir: runDir(t), ShimPath: shimBinary, AppPath: appBinary, Installation: "x", Host: "unix://" + l.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	err = call(t.Context(), 100*time.Millisecond, func(ctx context.Context) error {
		_, err := r.cli.Ping(ctx)
		return err
	})
	if !services.IsCode(err, services.CodeUnavailable) {
		t.Error(err)
	}
}

func TestDynamicBinaryIsRefused(t *testing.T) {
	if _, err := New(Options{RunDir: runDir(t), ShimPath: "/bin/sh", Installation: "x"}); err == nil || !strings.Contains(err.Error(), "CGO_ENABLED=0") {
		t.Errorf("got %v", err)
	}
}

func TestRunFinishesAHandshakeThatACrashLeft(t *testing.T) {
	r := open(t)
	d := service(t, "site")
	if err := r.EnsureImage(t.Context(), d, nil); err != nil {
		t.Fatal(err)
	}
	crashes := map[string]func(layout) error{
		"before the seal": func(layout) error { return nil },
		"in the seal": func(l layout) error {
			return os.Rename(filepath.Join(l.open(), "80.sock"), l.socket(80))
		},
		"before go": func(l layout) error { return l.seal(d, 0) },
	}
	for name, crash := range crashes {
		t.Run(name, func(t *testing.T) {
			spec := services.ContainerSpec{ID: freshID(), Definition: d, Deadline: time.Now().Add(time.Hour)}
			l := r.layout(spec.ID)
			if err := l.make(0); err != nil {
				t.Fatal(err)
			}
			who, err := r.identify(t.Context(), spec.ID, d)
			if err != nil {
				t.Fatal(err)
			}
			if err := r.launch(t.Context(), l, spec, who); err != nil {
				t.Fatal(err)
			}
			if err := r.awaitSockets(t.Context(), l, spec.ID); err != nil {
				t.Fatal(err)
			}
			if err := crash(l); err != nil {
				t.Fatal(err)
			}
			if c, err := r.Inspect(t.Context(), spec.ID); err != nil || c.State != services.ContainerCreated {
				t.Errorf("before: %+v, %v", c, err)
			}
			if err := r.Run(t.Context(), spec); err != nil {
				t.Fatal(err)
			}
			if res, _ := get(t, browser(r, spec), "/"); res.StatusCode != 200 {
				t.Error(res.Status)
			}
		})
	}
}

func TestInstallationsLeaveEachOtherAlone(t *testing.T) {
	a, b := open(t), open(t)
	spec := launch(t, a, services.ContainerSpec{Definition: service(t, "site")})
	all, err := b.List(t.Context())
	if err != nil || len(all) != 0 {
		t.Errorf("the other installation sees %v, %v", all, err)
	}
	if c, err := b.Inspect(t.Context(), spec.ID); err != nil || c.State != services.ContainerAbsent {
		t.Errorf("the other installation sees %+v, %v", c, err)
	}
	if err := b.Remove(t.Context(), spec.ID); err != nil {
		t.Error(err)
	}
	if c, err := a.Inspect(t.Context(), spec.ID); err != nil || c.State != services.ContainerRunning {
		t.Errorf("its own container is %+v, %v", c, err)
	}
}

func TestSealRefusesWhatIsNoSocket(t *testing.T) {
	ports := []services.Port{{Onion: 80, App: 8080}}
	for name, spoil := range map[string]func(open string) error{
		"symlink": func(open string) error { return os.Symlink("/run/docker.sock", filepath.Join(open, "80.sock")) },
		"file":    func(open string) error { return os.WriteFile(filepath.Join(open, "80.sock"), nil, 0o600) },
		"folder":  func(open string) error { return os.Mkdir(filepath.Join(open, "80.sock"), 0o700) },
		"missing": func(string) error { return nil },
		"extra":   func(open string) error { return os.Symlink("/", filepath.Join(open, "81.sock")) },
	} {
		t.Run(name, func(t *testing.T) {
			dir, err := os.MkdirTemp("", "ob-")
			if err != nil {
				t.Fatal(err)
			}
			defer os.RemoveAll(dir)
			l := layout{dir}
			if err := l.reset(0); err != nil {
				t.Fatal(err)
			}
			control, err := net.Listen("unix", filepath.Join(l.open(), shim.ControlSocket))
			if err != nil {
				t.Fatal(err)
			}
			defer control.Close()
			if err := spoil(l.open()); err != nil {
				t.Fatal(err)
			}
			if err := l.seal(&services.Definition{Ports: ports}, 0); err == nil {
				t.Error("sealed")
			}
			if info, err := os.Lstat(l.socket(80)); err == nil {
				t.Errorf("tor would find %v", info.Mode())
			}
		})
	}
}

func BenchmarkRunToFirstPage(b *testing.B) {
	r, err := New(Options{RunDir: filepath.Join(b.TempDir(), "r"), ShimPath: shimBinary, AppPath: appBinary, Installation: "bench-" + freshID()})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	all, err := catalog.Load("")
	if err != nil {
		b.Fatal(err)
	}
	d := all[0]
	if err := r.EnsureImage(b.Context(), d, nil); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		spec := services.ContainerSpec{ID: freshID(), Definition: d, Deadline: time.Now().Add(time.Hour)}
		began := time.Now()
		if err := r.Run(b.Context(), spec); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(began).Seconds()*1000, "ms/run")
		res, err := browser(r, spec).Get("http://site.onion/")
		if err != nil {
			b.Fatal(err)
		}
		_ = res.Body.Close()
		b.StopTimer()
		if err := r.Remove(b.Context(), spec.ID); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
