package privnet

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// helperDir, when set, makes the test program start a network in that
// directory, say so and wait to be killed.
const helperDir = "PRIVNET_TEST_HELPER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperDir); dir != "" {
		startAndWait(dir)
	}
	os.Exit(m.Run())
}

// startAndWait is the program that TestParentKilledLeavesNothing kills.
func startAndWait(dir string) {
	ctx, cancel := context.WithTimeout(context.Background(), bootLimit)
	n, err := Start(ctx, Options{Dir: dir})
	if err == nil {
		_, err = n.StartClient(ctx, "visitor")
	}
	cancel()
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	fmt.Println("up")
	select {}
}

func TestParentKilledLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	helper := exec.CommandContext(t.Context(), os.Args[0])
	helper.Env = append(os.Environ(), helperDir+"="+dir)
	helper.Stderr = os.Stderr
	out, err := helper.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := helper.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if line != "up\n" {
		t.Fatal(line, err)
	}
	if got, want := len(torsIn(t, dir)), authorityCount+defaultRelays+1; got != want {
		t.Fatalf("%d tors are alive before the kill, want %d", got, want)
	}
	if err := helper.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = helper.Wait()
	// Well below the 15 s in which tor itself would notice.
	awaitNoTors(t, dir, 5*time.Second)
}

func TestNothingSurvivesClose(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	n := startNetwork(t, Options{Dir: dir, Relays: 5})
	startClient(t, n, "visitor")
	if got, want := len(n.Pids()), authorityCount+5+1; got != want {
		t.Errorf("%d pids, want %d", got, want)
	}
	checkPrivate(t, dir)

	// A client that is being started meanwhile ends too.
	var racing sync.WaitGroup
	racing.Go(func() { _, _ = n.StartClient(t.Context(), "late") })
	for range 3 {
		racing.Go(func() {
			if err := n.Close(); err != nil {
				t.Error(err)
			}
			if pids := torsIn(t, dir); len(pids) > 0 {
				t.Error("tors alive after Close:", pids)
			}
		})
	}
	racing.Wait()
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the directory is still there:", err)
	}
	if len(n.Pids()) != 0 {
		t.Error("pids after Close:", n.Pids())
	}
	if _, err := n.StartClient(t.Context(), "later"); !errors.Is(err, ErrClosed) {
		t.Error("StartClient after Close:", err)
	}
}

// checkPrivate fails the test when somebody else could read keys.
func checkPrivate(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // tor renames its files all the time
		}
		info, err := entry.Info()
		if err != nil {
			return nil //nolint:nilerr // as above
		}
		if entry.IsDir() && info.Mode().Perm() != 0o700 || strings.Contains(path, "/keys/") && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestCancelledStartLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"starting", "introduce", "vote", "consensus"} {
		t.Run(at, func(t *testing.T) {
			dir := shortDir(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			n, err := Start(ctx, Options{Dir: dir, Progress: func(_ float64, what string) {
				if strings.Contains(what, at) {
					cancel()
				}
			}})
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("network %v, error %v", n, err)
			}
			if pids := torsIn(t, dir); len(pids) > 0 {
				t.Error("tors alive:", pids)
			}
			if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
				t.Error("the directory is still there:", err)
			}
		})
	}
}
