package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"onionbot/services"
	"onionbot/services/catalog"
	"onionbot/services/docker"
	"onionbot/tor/privnet"
)

// relays of the private network. With the four that tests use, the relays are
// what a burst measures.
const relays = 8

// shared is what all benchmarks use: one Tor network, one visitor's tor, the
// binaries, the site's image. They are made when the first benchmark asks.
var shared struct {
	once    sync.Once
	err     error
	dir     string
	network *privnet.Network
	visitor *privnet.Client
	binary  string // onionbot
	relay   string // the floor's PID 1
	site    *services.Definition
}

func TestMain(m *testing.M) {
	if dir := os.Getenv(crowdedVariable); dir != "" {
		if err := beCrowded(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := m.Run()
	if shared.network != nil {
		if err := shared.network.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "close network:", err)
			code = 1
		}
	}
	if shared.dir != "" {
		_ = os.RemoveAll(shared.dir)
	}
	os.Exit(code)
}

// setUp makes what is shared, once.
func setUp(b *testing.B) {
	b.Helper()
	shared.once.Do(func() { shared.err = makeShared() })
	if shared.err != nil {
		b.Fatal(shared.err)
	}
}

func makeShared() (err error) {
	if shared.dir, err = os.MkdirTemp("", "bench"); err != nil {
		return err
	}
	// Containers run as a user of their own and execute the relay from here.
	if err := os.Chmod(shared.dir, 0o755); err != nil {
		return err
	}
	shared.binary, shared.relay = filepath.Join(shared.dir, "onionbot"), filepath.Join(shared.dir, "relay")
	if err := buildRelay(shared.relay); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	if err := images(ctx); err != nil {
		return err
	}
	if shared.network, err = privnet.Start(ctx, privnet.Options{Relays: relays, Exits: true}); err != nil {
		return err
	}
	if shared.visitor, err = shared.network.StartClient(ctx, "visitor"); err != nil {
		return err
	}
	printMachine()
	return nil
}

// printMachine says what the figures were measured on, as configuration lines
// of Go's benchmark format.
func printMachine() {
	for _, fact := range []struct {
		key, program string
		args         []string
	}{
		{"commit", "git", []string{"rev-parse", "--short", "HEAD"}},
		{"kernel", "uname", []string{"-sr"}},
		{"cores", "nproc", nil},
		{"load", "cat", []string{"/proc/loadavg"}},
		{"go", "go", []string{"env", "GOVERSION"}},
		{"tor", "tor", []string{"--version", "--quiet"}},
		{"docker", "docker", []string{"version", "--format", "{{.Server.Version}}"}},
	} {
		out, _ := exec.Command(fact.program, fact.args...).Output()
		first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		fmt.Printf("%s: %s\n", fact.key, first)
	}
}

// buildRelay makes the floor's PID 1 as the shim of a release is made.
func buildRelay(out string) error {
	return build("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", out, "./testdata/relay")
}

// buildBot makes the binary as a release is made.
func buildBot(out string) error { return build("../scripts/build", out, "bench") }

func build(program string, args ...string) error {
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", cmd.Args, err, text)
	}
	return nil
}

// images makes sure that the engine has the catalogue's images before anything
// is measured: a bot makes those that are missing as soon as it runs.
func images(ctx context.Context) error {
	defs, err := catalog.Load("")
	if err != nil {
		return err
	}
	site, ok := services.NewCatalog(defs).Find("site")
	if !ok {
		return fmt.Errorf("no site in the catalogue")
	}
	shared.site = site
	runtime, err := docker.New(docker.Options{
		RunDir: filepath.Join(shared.dir, "image"), ShimPath: shared.relay, AppPath: shared.relay, Installation: "bench",
	})
	if err != nil {
		return err
	}
	defer runtime.Close()
	for _, d := range defs {
		if d.OnDemand {
			continue
		}
		if err := runtime.EnsureImage(ctx, d, nil); err != nil {
			return err
		}
	}
	return nil
}
