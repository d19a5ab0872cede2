package onionbot_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// arrows says what the non-test code of a folder may import of this module.
// The longest matching folder counts; "" is the standard library only (as
// far as this module goes). cmd/onionbot may import everything.
var arrows = map[string][]string{
	"bots":                      {"services"},
	"bots/command":              {"services"},
	"bots/conversation":         {"bots", "bots/command", "bots/reply", "services"},
	"bots/reply":                {"bots", "bots/command", "services"},
	"bots/console":              {"bots", "private", "services"},
	"bots/page":                 {},
	"bots/telegram":             {"bots", "services"},
	"bots/mastodon":             {"bots", "services"},
	"services":                  {},
	"services/reconcile":        {"services"},
	"services/catalog":          {"services", "settings"},
	"services/content":          {"services", "services/content/filename", "services/content/metadata"},
	"services/content/filename": {},
	"services/content/metadata": {},
	"services/docker":           {"services", "services/shim", "services/shim/escape", "services/shim/selftest"},
	"services/shim":             {"services/app/events", "services/shim/escape", "services/shim/selftest", "services/wallclock"},
	"services/shim/escape":      {},
	"services/shim/selftest":    {},
	"services/app":              {"services/app/chat", "services/app/drop", "services/app/share"},
	"services/app/chat":         {"services/app/page", "services/app/server"},
	"services/app/drop":         {"services/app/events", "services/app/page", "services/app/server", "services/content/filename"},
	"services/app/events":       {},
	"services/app/page":         {},
	"services/app/server":       {},
	"services/app/share":        {"services/app/events", "services/app/page", "services/app/server"},
	"services/sshkey":           {"services"},
	"services/wallclock":        {},
	"tor":                       {"services"},
	"tor/privnet":               {},
	"db":                        {"services"},
	"backup":                    {},
	"private":                   {"services"},
	"settings":                  {"services"},
	"metrics":                   {"bots/conversation", "services"},
	"cmd/onionbot/manual":       {},
	"cmd/onionbot-shim":         {"services/shim"},
	"cmd/onionbot-app":          {"services/app"},
}

// only names the one folder that may import a library.
var only = map[string]string{
	"github.com/docker/":           "services/docker",
	"github.com/cretz/bine":        "tor",
	"modernc.org/sqlite":           "db",
	"github.com/pressly/goose":     "db",
	"gopkg.in/telebot.v3":          "bots/telegram",
	"github.com/mattn/go-mastodon": "bots/mastodon",
	"github.com/alecthomas/kong":   "cmd/onionbot",
	"github.com/coreos/go-systemd": "cmd/onionbot",
	"github.com/microcosm-cc/":     "bots/page",
	"github.com/yuin/goldmark":     "bots/page",
	"golang.org/x/sys":             "cmd/onionbot",
	"golang.org/x/text/encoding":   "services/content",
	"golang.org/x/crypto/ssh":      "services/sshkey",
	"github.com/prometheus/":       "metrics",
	"github.com/pelletier/go-toml": "settings",
	"filippo.io/age":               "backup",
	"golang.org/x/term":            "cmd/onionbot",
}

// plain are the folders that import the standard library and this module only.
var plain = []string{
	"services", "services/reconcile", "services/shim", "services/shim/escape", "services/shim/selftest", "services/content/metadata", "services/wallclock", "tor/privnet",
	"cmd/onionbot-shim", "cmd/onionbot-app", "services/app", "services/app/events", "services/app/page", "services/app/server", "services/app/share",
}

func TestDependenciesPointInward(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && file != ".") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go") {
			seen++
			checkFile(t, filepath.ToSlash(file))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 50 {
		t.Fatalf("only %d files looked at", seen)
	}
}

func checkFile(t *testing.T, file string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	folder := path.Dir(file)
	if strings.HasSuffix(folder, "test") || folder == "cmd/onionbot" || strings.HasPrefix(folder, "e2e") || strings.HasPrefix(folder, "bench") {
		// Fakes and conformance tests are tests; the command wires everything.
		return
	}
	allowed, known := arrows[folder]
	if !known {
		t.Errorf("%s: folder %s has no arrows yet: add them here and to docs/architecture.md", file, folder)
	}
	for _, imp := range parsed.Imports {
		name, err := strconv.Unquote(imp.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if inner, ok := strings.CutPrefix(name, "onionbot/"); ok {
			if !slices.Contains(allowed, inner) {
				t.Errorf("%s imports %s", file, name)
			}
			continue
		}
		checkLibrary(t, file, folder, name)
	}
}

func checkLibrary(t *testing.T, file, folder, name string) {
	t.Helper()
	if slices.Contains(plain, folder) && strings.Contains(name, ".") {
		t.Errorf("%s imports %s; its folder keeps to the standard library", file, name)
	}
	for library, home := range only {
		if strings.HasPrefix(name, library) && folder != home && !strings.HasPrefix(folder, home+"/") {
			t.Errorf("%s imports %s, which belongs to %s", file, name, home)
		}
	}
}
