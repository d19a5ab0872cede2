package services

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestDefinitionCountsMoreThanItsImage(t *testing.T) {
	img := Image{
		Entrypoint: []string{"/entry"}, Cmd: []string{"a", "b"}, Env: []string{"A=1", "B=2", "HOME=/h"}, WorkDir: "/w",
		Ports: []int{22, 8000, 9000}, Volumes: []string{"/data", "/cache/", "/onion/x", "/", "/site", "/kept"}, User: "1:2",
	}
	d := &Definition{
		Args: []string{"c"}, Env: []string{"B=3"}, Content: "/site", Volumes: map[string]int64{"/kept": 1},
		Tmpfs: map[string]string{"/cache": "size=1m"}, Limits: Limits{MemoryBytes: 64 << 20},
	}
	full, err := d.Complete(img)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(full.Command, " "); got != "/entry c" || full.WorkDir != "/w" || full.User != "1:2" {
		t.Errorf("%q in %s as %s", got, full.WorkDir, full.User)
	}
	if !slices.Equal(full.Env, []string{"A=1", "HOME=/h", "B=3"}) {
		t.Errorf("env %q", full.Env)
	}
	if got := slices.Sorted(maps.Keys(full.Tmpfs)); !slices.Equal(got, []string{"/cache", "/data"}) || full.Tmpfs["/cache"] != "size=1m" ||
		!strings.Contains(full.Tmpfs["/data"], "size=16384k") {
		t.Errorf("tmpfs %q", full.Tmpfs)
	}
	if !slices.Equal(full.Ports, []Port{{80, 8000}, {22, 22}, {9000, 9000}}) || full.Probe != ProbeHTTP || len(d.Ports) > 0 || len(d.Tmpfs) != 1 {
		t.Errorf("ports %v, probe %s; it was changed itself to %+v", full.Ports, full.Probe, d)
	}
	d = &Definition{Command: []string{"x"}, WorkDir: "/y", Ports: []Port{{6667, 6667}}}
	if full, err = d.Complete(img); err != nil || full.Command[0] != "x" || full.WorkDir != "/y" || full.Probe != ProbeTCP || len(full.Ports) != 1 {
		t.Errorf("%+v, %v", full, err)
	}
}

func TestWhatNeitherSaysIsAskedFor(t *testing.T) {
	for want, c := range map[string]struct {
		d   Definition
		img Image
	}{
		"set command":   {Definition{Ports: []Port{{80, 80}}}, Image{}},
		"add [[ports]]": {Definition{Command: []string{"x"}}, Image{}},
	} {
		if _, err := c.d.Complete(c.img); !IsCode(err, CodeBadConfig) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	own, err := (&Definition{App: "share", Ports: []Port{{80, 80}}}).Complete(Image{})
	if err != nil || own.User != OwnUser || len(own.Command) > 0 {
		t.Errorf("%+v, %v", own, err)
	}
}
