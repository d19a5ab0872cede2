package docker

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"onionbot/services"
	"onionbot/services/catalog"
)

// mirrorImage says everything that a manifest can leave out.
const mirrorImage = `FROM scratch
COPY passwd group /etc/
COPY mirror /opt/bin/mirror
ENV PORT=8080 PATH=/opt/bin GREETING=hello
WORKDIR /srv/here
VOLUME /var/lib/keeper
USER keeper:staff
EXPOSE 9000/udp 8080 9001
ENTRYPOINT ["mirror"]
CMD ["-from", "image"]
`

// mirror is a service whose folder has a Dockerfile and an empty manifest.
func mirror(t *testing.T) *services.Definition {
	t.Helper()
	binary, err := os.ReadFile(mirrorBinary)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "mirror")
	for name, f := range map[string]struct {
		data []byte
		mode os.FileMode
	}{
		"service.toml": {nil, 0o600},
		"Dockerfile":   {[]byte(mirrorImage), 0o600},
		"passwd":       {[]byte("root:x:0:0::/root:/bin/sh\nkeeper:x:4321:1:A keeper:/var/lib/keeper:/bin/false\n"), 0o600},
		"group":        {[]byte("root:x:0:\nstaff:x:1234:\n"), 0o600},
		"mirror":       {binary, 0o700}, // it has no "#!" by which one could see that it is a program
	} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), f.data, f.mode); err != nil {
			t.Fatal(err)
		}
	}
	d, err := catalog.Folder(dir)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// reflection is what the mirror tells.
type reflection struct {
	Args, Env []string
	Dir       string
	UID, GID  int
	Room      map[string]uint64
}

// look asks the mirror that a spec started.
func look(t *testing.T, r *Runtime, spec services.ContainerSpec, query string) (seen reflection) {
	t.Helper()
	full, err := r.Complete(t.Context(), spec.Definition)
	if err != nil {
		t.Fatal(err)
	}
	spec.Definition = full
	if err := eventually(func() bool {
		c, err := r.Inspect(t.Context(), spec.ID)
		return err == nil && c.Ready
	}); err != nil {
		t.Fatal(err)
	}
	_, body := get(t, browser(r, spec), "/"+query)
	if err := json.Unmarshal([]byte(body), &seen); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return seen
}

func TestImageSaysWhatTheManifestDoesNot(t *testing.T) {
	t.Parallel()
	r := open(t)
	spec := launch(t, r, services.ContainerSpec{Definition: mirror(t)})
	seen := look(t, r, spec, "?write=/var/lib/keeper&write=/tmp&write=/srv/here&write=/")
	if !slices.Equal(seen.Args, []string{"mirror", "-from", "image"}) || seen.Dir != "/srv/here" || seen.UID != 4321 || seen.GID != 1234 {
		t.Errorf("%+v", seen)
	}
	for _, want := range []string{"PORT=8080", "GREETING=hello", "HOME=/var/lib/keeper", "PATH=/opt/bin"} {
		if !slices.Contains(seen.Env, want) {
			t.Errorf("no %s in %q", want, seen.Env)
		}
	}
	// Its volume is bounded, and so is everything that it can write to.
	if room := seen.Room["/var/lib/keeper"]; len(seen.Room) != 2 || seen.Room["/tmp"] != 16<<20 || room == 0 || room > 64<<20 {
		t.Errorf("it can write to %v", seen.Room)
	}
	out, err := exec.CommandContext(t.Context(), "docker", "inspect", "-f", "{{json .Mounts}}", containerName(spec.ID)).Output()
	if err != nil || strings.Contains(string(out), `"volume"`) {
		t.Errorf("the engine made an unbounded volume: %s (%v)", out, err)
	}
	full, err := r.Complete(t.Context(), spec.Definition)
	want := []services.Port{{Onion: 80, App: 8080}, {Onion: 9001, App: 9001}}
	if err != nil || !slices.Equal(full.Ports, want) || full.Probe != services.ProbeHTTP {
		t.Errorf("ports %v, probe %s (%v)", full.Ports, full.Probe, err)
	}
}

func TestManifestCountsMoreThanItsImage(t *testing.T) {
	t.Parallel()
	r := open(t)
	built := mirror(t)
	if err := r.EnsureImage(t.Context(), built, nil); err != nil {
		t.Fatal(err)
	}
	// The image under its name, as an operator has it: nothing is built.
	d := &services.Definition{
		Name: "named", Image: built.Ref(), Args: []string{"-from={address}"}, Env: []string{"PORT=9001", "HOME=/x"}, WorkDir: "/opt", User: services.OwnUser,
		Ports: []services.Port{{Onion: 80, App: 9001}}, Tmpfs: map[string]string{"/var/lib/keeper": services.TmpfsOptions(1 << 20)}, Limits: built.Limits,
		Volumes: map[string]int64{"/kept": 2 << 20},
	}
	spec := launch(t, r, services.ContainerSpec{Definition: d, Address: "x.onion"})
	seen := look(t, r, spec, "?write=/var/lib/keeper&write=/kept")
	if !slices.Equal(seen.Args, []string{"mirror", "-from=x.onion"}) || seen.Dir != "/opt" || seen.UID < int(mappedIDs.first) || seen.UID == 4321 {
		t.Errorf("%+v", seen)
	}
	if slices.Contains(seen.Env, "PORT=8080") || !slices.Contains(seen.Env, "HOME=/x") || !slices.Contains(seen.Env, "GREETING=hello") {
		t.Errorf("environment %q", seen.Env)
	}
	if seen.Room["/var/lib/keeper"] != 1<<20 || seen.Room["/kept"] > 2<<20 {
		t.Errorf("it can write to %v", seen.Room)
	}
	if err := r.Remove(t.Context(), spec.ID); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "docker", "volume", "ls", "-q", "--filter", "label="+labelInstance+"="+spec.ID).Output()
	if err != nil || len(out) > 0 {
		t.Errorf("volumes are left: %s (%v)", out, err)
	}
}

func TestMissingImageIsNamedWithWhatToDo(t *testing.T) {
	t.Parallel()
	r := open(t)
	d := &services.Definition{Name: "none", Image: "localhost:1/onionbot-none:1"}
	err := r.EnsureImage(t.Context(), d, nil)
	if !services.IsCode(err, services.CodeUnavailable) || !strings.Contains(err.Error(), d.Image) || !strings.Contains(err.Error(), "docker load") {
		t.Errorf("got %v", err)
	}
	if _, err := r.Complete(t.Context(), d); !services.IsCode(err, services.CodeNotFound) {
		t.Errorf("got %v", err)
	}
	stranger := mirror(t)
	stranger.User = "nobody-here"
	if err := r.EnsureImage(t.Context(), stranger, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Complete(t.Context(), stranger); !services.IsCode(err, services.CodeBadConfig) || !strings.Contains(err.Error(), "nobody-here") {
		t.Errorf("got %v", err)
	}
}
