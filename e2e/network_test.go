package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"onionbot/tor/privnet"
)

// shared is what all stories use: one Tor network, one visitor's tor, one
// binary. They are made when the first story asks.
var shared struct {
	once    sync.Once
	err     error
	dir     string
	network *privnet.Network
	visitor *privnet.Client
	binary  string
}

func TestMain(m *testing.M) {
	flag.Parse()
	parallel := false
	flag.Visit(func(f *flag.Flag) { parallel = parallel || f.Name == "test.parallel" })
	if !parallel { // stories mostly wait, for deadlines and for tor
		_ = flag.Set("test.parallel", "10")
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
func setUp(t *testing.T) {
	t.Helper()
	shared.once.Do(func() { shared.err = makeShared() })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
}

func makeShared() (err error) {
	if shared.dir, err = os.MkdirTemp("", "e2e"); err != nil {
		return err
	}
	shared.binary = filepath.Join(shared.dir, "onionbot")
	build := exec.Command("../scripts/build", shared.binary, "tested", "faults")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if shared.network, err = privnet.Start(ctx, privnet.Options{Exits: true}); err != nil {
		return err
	}
	shared.visitor, err = shared.network.StartClient(ctx, "visitor")
	return err
}
