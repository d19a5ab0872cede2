package catalog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onionbot/services"
)

// find is the definition of a name.
func find(t *testing.T, defs []*services.Definition, name string) *services.Definition {
	t.Helper()
	for _, d := range defs {
		if d.Name == name {
			return d
		}
	}
	t.Fatalf("no %s", name)
	return nil
}

func TestEmbeddedCatalogueLoads(t *testing.T) {
	defs, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range defs {
		if d.User != "" || len(d.Caps) > 0 {
			t.Errorf("%s runs as %s with %v", d.Name, d.User, d.Caps)
		}
		for path, options := range d.Tmpfs {
			for _, want := range []string{"noexec", "nosuid", "nodev", "size="} {
				if !strings.Contains(options, want) {
					t.Errorf("%s: %s has no %s", d.Name, path, want)
				}
			}
		}
	}
	site := find(t, defs, "site")
	if site.DefaultLife != 2*time.Hour || site.MaxLife != 168*time.Hour || site.Warm != 1 || site.Content != "/srv/content" {
		t.Errorf("site: %+v", site)
	}
	if ssh := find(t, defs, "ssh"); !ssh.NeedsSSHKeys || !ssh.HostKey || ssh.DefaultLife != time.Hour {
		t.Errorf("ssh: %+v", ssh)
	}
	if share := find(t, defs, "share"); share.App != "share" || len(share.Command) > 0 || share.Content == "" {
		t.Errorf("share: %+v", share)
	}
}

const minimal = `summary = "x"
command = ["/bin/x"]
user = "50000:50000"
probe = "tcp"
default_life = "1h"
max_life = "2h"
[[ports]]
onion = 1
app = 1000
[limits]
memory = "32MiB"
cpus = 0.5
pids = 32
`

// folder makes an operator's catalogue with one service.
func folder(t *testing.T, name, manifest string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, name, "etc"), 0o750); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{"service.toml": manifest, "Dockerfile": "FROM debian:bookworm-slim\n", "etc/x": "x"} {
		if err := os.WriteFile(filepath.Join(dir, name, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestOperatorsFolderAddsAndReplaces(t *testing.T) {
	ours, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	defs, err := Load(folder(t, "wiki", minimal))
	if err != nil || len(defs) != len(ours)+1 {
		t.Fatalf("%v, %v", defs, err)
	}
	wiki := find(t, defs, "wiki")
	if _, ok := wiki.Source.Files["etc/x"]; !ok || len(wiki.Source.Files) != 2 {
		t.Errorf("files %v", wiki.Source.Files)
	}
	if defs, err = Load(folder(t, "site", minimal)); err != nil || len(defs) != len(ours) || find(t, defs, "site").Summary != "x" {
		t.Fatalf("%v, %v", defs, err)
	}
}

func TestMistakesNameTheLine(t *testing.T) {
	for name, c := range map[string]struct{ manifest, line, problem string }{
		"unknown key":     {"color = \"red\"\n" + minimal, "1", `"color" is not known here`},
		"unknown in part": {minimal + "swap = 1\n", "14", `"limits.swap" is not known here`},
		"syntax":          {"summary = \n" + minimal, "1", ""},
		"wrong type":      {strings.Replace(minimal, "cpus = 0.5", `cpus = "much"`, 1), "12", ""},
		"bad duration":    {strings.Replace(minimal, `"1h"`, `"an hour"`, 1), "5", `must be a time like`},
		"no unit":         {strings.Replace(minimal, `"1h"`, `2`, 1), "5", `must be a time with its unit`},
		"curly quotes":    {strings.Replace(minimal, `"1h"`, `“1h”`, 1), "5", `curly`},
		"slip":            {strings.Replace(minimal, "probe", "prob", 1), "4", `did you mean "probe"`},
		"bad size":        {strings.Replace(minimal, `"32MiB"`, `"lots"`, 1), "11", `must be a size like`},
		"odd user":        {strings.Replace(minimal, "50000:50000", "www data", 1), "", "own"},
		"half account":    {strings.Replace(minimal, "user = \"50000:50000\"\n", "", 1) + "[account]\nname = \"me\"\n", "", "account wants"},
		"account of user": {minimal + "[account]\nname = \"me\"\nhome = \"/me\"\nshell = \"/bin/sh\"\n", "", "without user"},
		"crowd":           {strings.Replace(minimal, "pids = 32", "pids = 32\nconnections = 9000", 1), "", "limits.connections"},
		"port":            {strings.Replace(minimal, "onion = 1", "onion = 70000", 1), "", "between 1 and 65535"},
		"two ports":       {minimal + "[[ports]]\nonion = 1\napp = 2\n", "", ""},
		"app and command": {"app = \"share\"\n" + minimal, "", "instead of command"},
		"capability":      {"caps = [\"CAP_CHOWN\"]\n" + minimal, "", "without CAP_"},
		"mount":           {minimal + "[tmpfs]\n\"/onion/sock\" = \"rw\"\n", "", "outside /onion"},
		"alias":           {"aliases = [\"ssh\"]\n" + minimal, "", "also a name"},
		"secret's name":   {"secrets = [\"ssh_host_key\"]\n" + minimal, "", "name of a secret"},
		"secret twice":    {"secrets = [\"a\", \"a\"]\n" + minimal, "", "twice"},
		"secret unnamed":  {"secrets = [\"admin\"]\nenv = [\"A={secret.admim}\"]\n" + minimal, "", `"admim" is not among`},
		"life":            {strings.Replace(minimal, `max_life = "2h"`, `max_life = "2m"`, 1), "", "default_life"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(folder(t, "wiki", c.manifest))
			if !services.IsCode(err, services.CodeBadConfig) {
				t.Fatalf("got %v", err)
			}
			text := err.Error()
			if !strings.Contains(text, strings.ReplaceAll(c.problem, `"`, `\"`)) || (c.line != "" && !strings.Contains(text, `line="`+c.line+`"`)) {
				t.Errorf("got %s", text)
			}
		})
	}
}

func TestDigestSeesNamesAndContents(t *testing.T) {
	seen := make(map[string]bool)
	for _, files := range []map[string][]byte{
		{"a": []byte("b")}, {"a": []byte("c")}, {"ab": nil}, {"a": []byte("b"), "c": nil}, {"a": nil, "b": nil},
	} {
		d := digest(services.Source{Files: files})
		if seen[d] {
			t.Errorf("%v has another's digest", files)
		}
		seen[d] = true
	}
}

func TestFolderWithoutDockerfileIsRefused(t *testing.T) {
	dir := folder(t, "wiki", minimal)
	if err := os.Remove(filepath.Join(dir, "wiki", "Dockerfile")); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); !services.IsCode(err, services.CodeBadConfig) {
		t.Errorf("got %v", err)
	}
}
