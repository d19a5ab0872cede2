package docker

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onionbot/services"
	"onionbot/services/catalog"
)

// patience bounds every wait for the engine.
const patience = 30 * time.Second

// Static binaries that TestMain builds.
var (
	shimBinary    string //nolint:gochecknoglobals // set once, before the tests
	appBinary     string //nolint:gochecknoglobals // as above
	mirrorBinary  string //nolint:gochecknoglobals // as above
	hostileBinary string //nolint:gochecknoglobals // in a directory of its own, which containers may enter
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "onionbot-shim-")
	if err != nil {
		panic(err)
	}
	shimBinary = filepath.Join(dir, "onionbot")
	appBinary = filepath.Join(dir, "app")
	mirrorBinary = filepath.Join(dir, "mirror")
	hostileBinary = filepath.Join(dir, "content", "hostile")
	for binary, source := range map[string]string{shimBinary: "../../cmd/onionbot-shim", appBinary: "../../cmd/onionbot-app", mirrorBinary: "./testdata/mirror", hostileBinary: "./testdata/hostile"} {
		build := exec.Command("go", "build", "-o", binary, source)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			panic(string(out))
		}
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// freshID is an instance ID as onionbot makes them.
func freshID() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b)
	return strings.ToLower(base32.StdEncoding.EncodeToString(b))[:12]
}

// runDir is a short directory: unix sockets are in it.
func runDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ob-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "run")
}

// open makes a runtime of its own installation on the real engine.
func open(t *testing.T) *Runtime {
	t.Helper()
	return openOn(t, "")
}

// openOn is open on the engine at an address; "" for the default one.
func openOn(t *testing.T, host string) *Runtime {
	t.Helper()
	r, err := New(Options{RunDir: runDir(t), ShimPath: shimBinary, AppPath: appBinary, Installation: "test-" + freshID(), Host: host})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		all, err := r.List(ctx)
		if err != nil {
			t.Error(err)
		}
		for _, c := range all {
			if err := r.Remove(ctx, c.ID); err != nil {
				t.Error(err)
			}
		}
		_ = r.Close()
	})
	return r
}

// service is an entry of the embedded catalogue.
func service(t *testing.T, name string) *services.Definition {
	t.Helper()
	all, err := catalog.Load("")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		if d.Name == name {
			return d
		}
	}
	t.Fatalf("no service %s", name)
	return nil
}

// launch runs a container of the definition for an hour.
func launch(t *testing.T, r *Runtime, spec services.ContainerSpec) services.ContainerSpec {
	t.Helper()
	if spec.ID == "" {
		spec.ID = freshID()
	}
	if spec.Deadline.IsZero() {
		spec.Deadline = time.Now().Add(time.Hour)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	if err := r.EnsureImage(ctx, spec.Definition, nil); err != nil {
		t.Fatal(err)
	}
	if err := r.Run(ctx, spec); err != nil {
		t.Fatal(err)
	}
	return spec
}

// eventually polls for something that a real engine takes its time for.
func eventually(cond func() bool) error {
	for limit := time.Now().Add(patience); time.Now().Before(limit); time.Sleep(10 * time.Millisecond) {
		if cond() {
			return nil
		}
	}
	return errors.New("it did not become so")
}

// appUser is whom the container's app runs as.
func appUser(t *testing.T, id string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "docker", "inspect", "-f", `{{index .Config.Labels "`+labelUser+`"}}`, containerName(id)).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// inside runs a command in the container, as root if no user is named.
func inside(t *testing.T, id, user string, script string) (string, error) {
	t.Helper()
	args := []string{"exec"}
	if user != "" {
		args = append(args, "--user", user)
	}
	args = append(args, containerName(id), "bash", "-c", script)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, "docker", args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

// browser opens paths of a container's web site through its socket.
func browser(r *Runtime, spec services.ContainerSpec) *http.Client {
	socket := r.Target(spec.ID, spec.Definition.Ports[0])
	return &http.Client{
		Timeout: patience,
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				var d net.Dialer
				return d.DialContext(ctx, "unix", socket)
			},
		},
	}
}

// get fetches a path of a container's web site.
func get(t *testing.T, c *http.Client, path string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://site.onion"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}
