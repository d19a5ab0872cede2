package catalog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onionbot/services"
)

func TestFewLinesAreAService(t *testing.T) {
	dir := t.TempDir()
	for file, text := range map[string]string{"service.toml": "", "Dockerfile": "FROM x\n", "run": "#"} {
		if err := os.MkdirAll(filepath.Join(dir, "wiki"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "wiki", file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d, err := Folder(filepath.Join(dir, "wiki"))
	if err != nil {
		t.Fatal(err)
	}
	if d.Name != "wiki" || d.Summary == "" || d.DefaultLife != 2*time.Hour || d.MaxLife < d.DefaultLife || d.Limits.MemoryBytes < 64<<20 ||
		d.Limits.PIDs == 0 || d.Limits.CPUs == 0 || !strings.Contains(d.Tmpfs["/tmp"], "size=16384k,") {
		t.Errorf("%+v", d)
	}
	// A file that became a program is another source.
	if err := os.Chmod(filepath.Join(dir, "wiki", "run"), 0o700); err != nil {
		t.Fatal(err)
	}
	again, err := Folder(filepath.Join(dir, "wiki"))
	if err != nil || again.Source.Digest == d.Source.Digest || !again.Source.Exec["run"] || again.Source.Exec["Dockerfile"] {
		t.Errorf("run bits %v, %v", again.Source.Exec, err)
	}
}

func TestConfigurationNamesImages(t *testing.T) {
	ok := Manifest{Name: "wiki", Image: "wiki:1", Ports: []manifestPort{{App: 3000}}, Tmpfs: map[string]string{"/data": "32MiB"}, Volumes: map[string]size{"/v": 1 << 20}}
	defs, err := Load(folder(t, "wiki", minimal), ok)
	if err != nil {
		t.Fatal(err)
	}
	d := find(t, defs, "wiki")
	if d.Ref() != "wiki:1" || d.Ports[0] != (services.Port{Onion: 3000, App: 3000}) || !strings.HasPrefix(d.Tmpfs["/data"], "rw,noexec,nosuid,nodev,size=32768k") ||
		d.Volumes["/v"] != 1<<20 {
		t.Errorf("%+v", d)
	}
	for problem, spoil := range map[string]func(*Manifest){
		"set name":      func(m *Manifest) { m.Name = "The Wiki" },
		"image must":    func(m *Manifest) { m.Image = "" },
		"name of an im": func(m *Manifest) { m.Image = "a b" },
		"write them":    func(m *Manifest) { m.Command, m.Args = []string{"x"}, []string{"y"} },
		"absolute path": func(m *Manifest) { m.WorkDir = "srv" },
		"must be a siz": func(m *Manifest) { m.Tmpfs = map[string]string{"/data": "rw,noexec"} },
		"mounted twice": func(m *Manifest) { m.Tmpfs = map[string]string{"/v": "1MiB"} },
		"also a name":   func(m *Manifest) { m.Aliases = []string{"site"} },
		"[[ports]] ent": func(m *Manifest) { m.Warm, m.Ports = 1, nil },
	} {
		m := ok
		spoil(&m)
		if _, err := Load("", m); !services.IsCode(err, services.CodeBadConfig) || !strings.Contains(err.Error(), problem) {
			t.Errorf("%s: got %v", problem, err)
		}
	}
	if _, err := Load("", ok, ok); err == nil {
		t.Error("two of one name")
	}
}

func TestFolderNamesAnImageOrBuildsOne(t *testing.T) {
	dir := folder(t, "wiki", "image = \"wiki:1\"\n"+minimal)
	if _, err := Load(dir); !services.IsCode(err, services.CodeBadConfig) || !strings.Contains(err.Error(), "FROM wiki:1") {
		t.Errorf("got %v", err)
	}
	for _, file := range []string{"Dockerfile", "etc/x"} {
		if err := os.Remove(filepath.Join(dir, "wiki", file)); err != nil {
			t.Fatal(err)
		}
	}
	defs, err := Load(dir)
	if err != nil || find(t, defs, "wiki").Ref() != "wiki:1" {
		t.Errorf("%v", err)
	}
}
