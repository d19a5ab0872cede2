package bench

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// engine speaks plain HTTP to Docker's socket: what `docker run -d` does,
// without the start of a command-line program.
var engine = &http.Client{Transport: &http.Transport{
	MaxIdleConnsPerHost: 64,
	DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", cmp.Or(strings.TrimPrefix(os.Getenv("DOCKER_HOST"), "unix://"), "/var/run/docker.sock"))
	},
}}

func engineCall(method, path string, body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://docker/v1.41"+path, bytes.NewReader(data))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := engine.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, answer)
	}
	return err
}

// bareSite is one container of the site's image, started the shortest way.
type bareSite struct{ name, dir string }

// newBareSite only makes names and a directory.
func newBareSite(b *testing.B) bareSite {
	b.Helper()
	dir, err := os.MkdirTemp("", "f")
	if err != nil {
		b.Fatal(err)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		b.Fatal(err)
	}
	return bareSite{name: "onionbot-bench-" + filepath.Base(dir), dir: dir}
}

func (s bareSite) socket() string { return filepath.Join(s.dir, "80.sock") }

// run creates and starts the container with the image, user, limits and
// hardening of onionbot's own, and returns when the socket is there.
func (s bareSite) run() error {
	d := shared.site
	port := d.Ports[0]
	err := engineCall(http.MethodPost, "/containers/create?name="+s.name, map[string]any{
		"Image": d.Ref(), "User": bareUser + ":" + bareUser, "WorkingDir": "/", "NetworkDisabled": true,
		"Entrypoint":  []string{"/onion/relay", "/onion/sock/80.sock", fmt.Sprint("127.0.0.1:", port.App)},
		"Cmd":         d.Command,
		"Env":         []string{"GOMAXPROCS=2"},
		"Labels":      map[string]string{"onionbot.bench": "1"},
		"Healthcheck": map[string]any{"Test": []string{"NONE"}},
		"HostConfig": map[string]any{
			"NetworkMode": "none", "IpcMode": "none", "ReadonlyRootfs": true, "CapDrop": []string{"ALL"},
			"CapAdd": d.Caps, "SecurityOpt": []string{"no-new-privileges"}, "Tmpfs": bareTmpfs(d.Tmpfs),
			"Memory": d.Limits.MemoryBytes, "MemorySwap": d.Limits.MemoryBytes,
			"NanoCpus": int64(d.Limits.CPUs * 1e9), "PidsLimit": d.Limits.PIDs,
			"LogConfig": map[string]string{"Type": "none"},
			"Mounts": []map[string]any{
				{"Type": "bind", "Source": shared.relay, "Target": "/onion/relay", "ReadOnly": true},
				{"Type": "bind", "Source": s.dir, "Target": "/onion/sock"},
			},
		},
	})
	if err != nil {
		return err
	}
	if err := engineCall(http.MethodPost, "/containers/"+s.name+"/start", nil); err != nil {
		return err
	}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if _, err := os.Lstat(s.socket()); err == nil {
			return nil
		}
	}
	return fmt.Errorf("%s made no socket", s.name)
}

// bareUser is whom all bare containers run as.
const bareUser = "10007"

// bareTmpfs gives the definition's directories to the bare user.
func bareTmpfs(all map[string]string) map[string]string {
	out := make(map[string]string, len(all))
	for path, options := range all {
		out[path] = options + ",uid=" + bareUser + ",gid=" + bareUser
	}
	return out
}

// remove takes the container and its directory away.
func (s bareSite) remove(b *testing.B) {
	b.Helper()
	err := engineCall(http.MethodDelete, "/containers/"+s.name+"?force=1", nil)
	if err != nil && !strings.Contains(err.Error(), "404") {
		b.Error(err)
	}
	_ = os.RemoveAll(s.dir)
}
