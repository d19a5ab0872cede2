package docker

import (
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"onionbot/services"
)

// resident is a service whose image takes no time to build and whose app does
// nothing.
func resident(t *testing.T) *services.Definition {
	t.Helper()
	d := tiny(t, "RUN date +%s%N >/built\n")
	d.Command, d.User, d.Ports = []string{"sleep", "600"}, "47109:47109", []services.Port{{Onion: 80, App: 8080}}
	d.Limits = services.Limits{MemoryBytes: 64 << 20, CPUs: 0.5, PIDs: 64}
	return d
}

// imagesOf lists the images with a label; with "--all", those in between too.
func imagesOf(t *testing.T, label string, options ...string) []string {
	t.Helper()
	args := append([]string{"images", "--quiet", "--no-trunc", "--filter", "label=" + label}, options...)
	out, err := exec.CommandContext(t.Context(), "docker", args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))
}

func TestOldImageIsRebuiltWhileItsServicesGoOn(t *testing.T) {
	r := open(t)
	t.Cleanup(func() { purge(t, r) })
	d := resident(t)
	spec := launch(t, r, services.ContainerSpec{Definition: d})
	built := func() time.Time {
		t.Helper()
		at, err := r.ImageBuilt(t.Context(), d)
		if err != nil || at.IsZero() {
			t.Fatalf("%v, %v", at, err)
		}
		return at
	}
	const week = 7 * 24 * time.Hour
	first := built()
	r.refresh(t.Context(), d, week, first.Add(week-time.Minute))
	if !built().Equal(first) {
		t.Error("it was rebuilt before its time")
	}
	r.refresh(t.Context(), d, week, first.Add(week))
	if !built().After(first) || r.ImageTrouble() != "" {
		t.Errorf("it was not rebuilt: %v, %s", built(), r.ImageTrouble())
	}
	if c, err := r.Inspect(t.Context(), spec.ID); err != nil || c.State != services.ContainerRunning {
		t.Errorf("what ran is %+v, %v", c, err)
	}
	mine := labelInstallation + "=" + r.opts.Installation
	if all := imagesOf(t, mine); len(all) != 2 {
		t.Errorf("images %v, one is still in use", all)
	}
	if err := r.Remove(t.Context(), spec.ID); err != nil {
		t.Fatal(err)
	}
	r.refresh(t.Context(), d, week, first)
	if all := imagesOf(t, mine); len(all) != 1 {
		t.Errorf("images %v, nothing uses the old one", all)
	}
}

func TestBuildFetchesThroughTheProxy(t *testing.T) {
	r := open(t)
	t.Cleanup(func() { purge(t, r) })
	proxy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	reached := make(chan string, 1)
	go func() {
		conn, err := proxy.Accept()
		if err != nil {
			return
		}
		text, _ := io.ReadAll(conn)
		_ = conn.Close()
		reached <- string(text)
	}()
	r.opts.BuildProxy = "socks5h://" + proxy.Addr().String()
	// What apt does with the variable, in a line of shell.
	d := tiny(t, `RUN ["bash", "-c", "p=${https_proxy#socks5h://}; test $http_proxy = $https_proxy; echo fetch >/dev/tcp/${p%:*}/${p#*:}"]`+"\n")
	if err := r.EnsureImage(t.Context(), d, nil); err != nil {
		t.Fatal(err)
	}
	if text := <-reached; text != "fetch\n" {
		t.Errorf("the proxy got %q", text)
	}
	out, err := exec.CommandContext(t.Context(), "docker", "history", "--no-trunc", d.Ref()).CombinedOutput()
	if err != nil || strings.Contains(string(out), proxy.Addr().String()) {
		t.Errorf("the image tells of the proxy: %s, %v", out, err)
	}
}

func TestImageThatCannotBeRebuiltIsKeptAndTold(t *testing.T) {
	r := open(t)
	t.Cleanup(func() { purge(t, r) })
	d := resident(t)
	if err := r.EnsureImage(t.Context(), d, nil); err != nil {
		t.Fatal(err)
	}
	first, err := r.ImageBuilt(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	broken := *d
	mark := "broken=" + freshID()
	broken.Source.Files = map[string][]byte{"Dockerfile": []byte("FROM debian:bookworm-slim\nLABEL " + mark + "\nRUN true\nRUN exit 7\n")}
	later := first.Add(8 * 24 * time.Hour)
	r.refresh(t.Context(), &broken, 7*24*time.Hour, later)
	if at, err := r.ImageBuilt(t.Context(), d); err != nil || !at.Equal(first) {
		t.Errorf("the old image: %v, %v", at, err)
	}
	if s := r.ImageTrouble(); !strings.Contains(s, "tiny (built on") {
		t.Errorf("told %q", s)
	}
	r.refresh(t.Context(), d, 7*24*time.Hour, later.Add(time.Minute))
	if r.ImageTrouble() == "" {
		t.Error("it was tried again at once")
	}
	if left := imagesOf(t, mark, "--all"); len(left) != 0 {
		t.Errorf("the failed build left %v", left)
	}
	r.refresh(t.Context(), d, 7*24*time.Hour, later.Add(refreshPause))
	if at, err := r.ImageBuilt(t.Context(), d); err != nil || !at.After(first) || r.ImageTrouble() != "" {
		t.Errorf("tried again: %v, %v, %q", at, err, r.ImageTrouble())
	}
}
