package docker

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/system"

	"onionbot/services"
)

// oldEngine speaks an older version of the API only, on a kernel that limits
// less than it is told.
func oldEngine(t *testing.T, info system.Info) (address string) {
	t.Helper()
	const spoken = "1.41"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", spoken)
		w.Header().Set("Content-Type", "application/json")
		path, ok := strings.CutPrefix(r.URL.Path, "/v"+spoken)
		var answer any
		switch {
		case r.URL.Path == "/_ping":
			_, _ = io.WriteString(w, "OK")
			return
		case !ok:
			w.WriteHeader(http.StatusBadRequest)
			answer = map[string]string{"message": "client version is too new. Maximum supported API version is " + spoken}
		case path == "/info":
			answer = info
		case path == "/version":
			answer = map[string]string{"Version": "20.10.24"}
		case path == "/containers/create":
			w.WriteHeader(http.StatusCreated)
			answer = container.CreateResponse{ID: "x", Warnings: []string{"Your kernel does not support memory limit capabilities or the cgroup is not mounted. Limitation discarded."}}
		}
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	return "tcp://" + server.Listener.Addr().String()
}

func TestAnOlderEngineIsSpokenToWhateverTheEnvironmentSays(t *testing.T) {
	t.Setenv("DOCKER_API_VERSION", "1.44")
	r := bare(t, oldEngine(t, system.Info{}), nil)
	if e, err := r.Describe(t.Context()); err != nil || e.APIVersion != "1.41" {
		t.Errorf("%+v, %v", e, err)
	}
}

// bare is a runtime on an engine that is not asked to clean up.
func bare(t *testing.T, host string, log *slog.Logger) *Runtime {
	t.Helper()
	r, err := New(Options{RunDir: runDir(t), ShimPath: shimBinary, AppPath: appBinary, Installation: "test", Host: host, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func TestALimitThatTheEngineDiscardsIsLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	r := bare(t, oldEngine(t, system.Info{}), slog.New(slog.NewTextHandler(&log, nil)))
	for range 2 {
		spec := services.ContainerSpec{ID: freshID(), Definition: service(t, "site")}
		if err := r.create(t.Context(), spec, identity{uid: 1, gid: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(log.String(), "Limitation discarded"); n != 1 {
		t.Errorf("said %d times:\n%s", n, log.String())
	}
}

func TestWhatAnEngineLacksIsSaidWithItsCure(t *testing.T) {
	whole := system.Info{MemoryLimit: true, CPUCfsQuota: true, PidsLimit: true, DockerRootDir: "/var/lib/docker"}
	pi, snap, old := whole, whole, whole
	pi.MemoryLimit, snap.DockerRootDir, old.CPUCfsQuota = false, "/var/snap/docker/common/var-lib-docker", false
	for want, c := range map[string]struct {
		info  system.Info
		stops bool
	}{
		"cmdline.txt":        {pi, false},
		"snap remove docker": {snap, true},
		"CFS_BANDWIDTH":      {old, true},
	} {
		e, err := bare(t, oldEngine(t, c.info), nil).Describe(t.Context())
		if err != nil || len(e.Lacks) != 1 || e.Lacks[0].Stops != c.stops || !strings.Contains(e.Lacks[0].Say, want) {
			t.Errorf("%s: %+v, %v", want, e.Lacks, err)
		}
	}
	if e, err := bare(t, oldEngine(t, whole), nil).Describe(t.Context()); err != nil || len(e.Lacks) > 0 {
		t.Errorf("nothing is missing: %+v, %v", e.Lacks, err)
	}
}
