package e2e

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// fetcher visits addresses without a pause and counts.
type fetcher struct {
	ok     []atomic.Int64 // by address
	failed atomic.Int64
	last   atomic.Value
	stop   context.CancelFunc
	wg     sync.WaitGroup
}

// fetchAll begins once every address has been opened on the circuits that are
// used from then on. Building circuits can fail whatever a bot does; circuits
// that stand must be left alone by its death.
func fetchAll(t *testing.T, onions []string) *fetcher {
	t.Helper()
	isolations := make([]string, len(onions))
	for i, onion := range onions {
		wait(t, 90*time.Second, "opened for its visitor", func() bool {
			isolations[i] = rand.Text()
			vctx, done := context.WithTimeout(t.Context(), 15*time.Second)
			defer done()
			_, err := visit(vctx, isolations[i], onion)
			return err == nil
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	f := &fetcher{ok: make([]atomic.Int64, len(onions)), stop: cancel}
	for i, onion := range onions {
		f.wg.Add(1)
		go func() {
			defer f.wg.Done()
			for ctx.Err() == nil {
				vctx, done := context.WithTimeout(ctx, 30*time.Second)
				_, err := visit(vctx, isolations[i], onion)
				done()
				switch {
				case err == nil:
					f.ok[i].Add(1)
				case ctx.Err() == nil:
					f.failed.Add(1)
					f.last.Store(err)
				}
				time.Sleep(100 * time.Millisecond) // a visitor, not a flood
			}
		}()
	}
	return f
}

// await returns when every address has been opened so many times more, or a
// visit has failed.
func (f *fetcher) await(t *testing.T, visits int64) {
	t.Helper()
	want := make([]int64, len(f.ok))
	for i := range f.ok {
		want[i] = f.ok[i].Load() + visits
	}
	wait(t, 90*time.Second, "visited: every address", func() bool {
		for i := range f.ok {
			if f.ok[i].Load() < want[i] {
				return f.failed.Load() > 0
			}
		}
		return true
	})
}

func (f *fetcher) visits() int64 {
	var n int64
	for i := range f.ok {
		n += f.ok[i].Load()
	}
	return n
}

func (f *fetcher) end() {
	f.stop()
	f.wg.Wait()
}

// TestRestartOfTheBotCutsNobody kills the bot under constant visits and
// starts it again.
func TestRestartOfTheBotCutsNobody(t *testing.T) {
	n, deaths := 3, 3
	if os.Getenv("ONIONBOT_SOAK") != "" {
		n, deaths = 20, 20
	}
	b := newBot(t, twoUsers)
	b.start()
	onions := b.beginMany(n)
	f := fetchAll(t, onions)
	for range deaths {
		f.await(t, 2)
		b.kill()
		f.await(t, 2)
		b.start()
	}
	f.await(t, 2)
	f.end()
	t.Logf("%d addresses, %d deaths of the bot, %d visits", n, deaths, f.visits())
	if f.failed.Load() > 0 {
		t.Errorf("%d visits failed, %d went well; the last error: %v", f.failed.Load(), f.visits(), f.last.Load())
	}
	if left := b.containers(); len(left) < n {
		t.Errorf("containers: %v", left)
	}
}

// beginMany starts n sites at the same time.
func (b *bot) beginMany(n int) []string {
	b.t.Helper()
	onions := make([]string, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Add(1)
		go func() {
			defer wg.Done()
			out, err := b.try("start", "site", "as", fmt.Sprintf("s%d", i), "for", "1h")
			if err != nil {
				b.t.Errorf("start: %v\n%s", err, out)
				return
			}
			onions[i] = onionAddress.FindString(out)
		}()
	}
	wg.Wait()
	if b.t.Failed() {
		b.t.FailNow()
	}
	return onions
}

// TestKilledTorsComeBackWithTheSameAddresses kills every tor of the bot.
func TestKilledTorsComeBackWithTheSameAddresses(t *testing.T) {
	b := newBot(t, twoUsers)
	b.start()
	onion := b.begin("site", "for", "1h")
	mustVisit(t, onion)
	for _, pid := range b.torPids() {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	wait(t, 90*time.Second, "open again", func() bool { return opensAnew(t, onion) })
	wait(t, 30*time.Second, "called reachable", func() bool { return strings.Contains(b.ctl("status", "site"), "is reachable") })
}

// TestDeathOfTorsIsToldAndTheirReturnToo kills every tor of the bot while none
// can be started.
func TestDeathOfTorsIsToldAndTheirReturnToo(t *testing.T) {
	t.Parallel()
	b := newBot(t, twoUsers)
	program, broken := filepath.Join(b.dir, "tor"), filepath.Join(b.dir, "broken")
	b.write("tor", fmt.Sprintf("#!/bin/sh\n[ ! -e %q ] || exit 1\nexec tor \"$@\"\n", broken))
	if err := os.Chmod(program, 0o755); err != nil { // root's tors run as somebody else
		t.Fatal(err)
	}
	b.set("tor", fmt.Sprintf("program = %q", program))
	b.start()
	c := b.chat()
	onion := c.starts("start site for 1h")
	mustVisit(t, onion)

	b.write("broken", "")
	mark := len(c.screen.String())
	for _, pid := range b.torPids() {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	c.hear(60*time.Second, mark, "site is not reachable right now: tor does not answer")
	for _, words := range [][]string{{"status", "site"}, {"status"}} {
		if out := b.ctl(words...); !strings.Contains(out, "tor does not answer") {
			t.Errorf("%v: %s", words, out)
		}
	}
	if err := os.Remove(broken); err != nil {
		t.Fatal(err)
	}
	c.hear(2*time.Minute, mark, "site is reachable again, at the same address")
	if again := address(t, c.screen.String()[mark:]); again != onion {
		t.Error("another address is named")
	}
	wait(t, 60*time.Second, "open again", func() bool { return opensAnew(t, onion) })
	if out := b.ctl("status"); strings.Contains(out, "tor does not answer") {
		t.Errorf("afterwards: %s", out)
	}
	if n := strings.Count(c.screen.String(), "is reachable again"); n != 1 {
		t.Errorf("said %d times that it is back", n)
	}
	b.ctl("stop", "site")
	wantDark(t, onion)
	b.wantEnded(onion)
}

// torPids are the tor processes whose configuration is in the bot's directory.
func (b *bot) torPids() []int {
	b.t.Helper()
	out, err := exec.Command("pgrep", "-f", "tor .*"+b.dir).Output()
	if err != nil {
		b.t.Fatalf("no tor of the bot: %v", err)
	}
	var pids []int
	for _, field := range strings.Fields(string(out)) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			b.t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

// TestTwoDaemonsOnOneStateAreRefused and other wrong installations.
func TestWrongInstallationsAreRefusedWithASentence(t *testing.T) {
	b := newBot(t, twoUsers)
	b.start()
	second := func() string {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		out, err := exec.CommandContext(ctx, shared.binary, "run", "--config", b.dir+"/config.toml").CombinedOutput()
		if err == nil {
			t.Errorf("it ran: %s", out)
		}
		return string(out)
	}
	if out := second(); !strings.Contains(out, "another onionbot is running") {
		t.Errorf("two daemons: %s", out)
	}
	b.kill()
	b.write("config.toml", "state_dir = \"state\"\nrun_dir = \"run\"\n[[users]]\nname = \"ann\"\nmax_instances = 1\n")
	if out := second(); !strings.Contains(out, "services") {
		t.Errorf("a user who may start nothing: %s", out)
	}
	b.write("config.toml", "state_dir = \"state\"\nrun_dir = \"run\"\nspeed = 9\n")
	if out := second(); !strings.Contains(out, "line 3") {
		t.Errorf("unknown setting: %s", out)
	}
	b.write("config.toml", "state_dir = \"state\"\nrun_dir = \""+strings.Repeat("long/", 30)+"\"\n"+twoUsers)
	if out := second(); !strings.Contains(out, "run_dir is too long") {
		t.Errorf("long run directory: %s", out)
	}
	b.write("config.toml", "state_dir = \"bad\"\nrun_dir = \"run\"\n"+twoUsers)
	if err := os.MkdirAll(b.dir+"/bad", 0o700); err != nil {
		t.Fatal(err)
	}
	b.write("bad/onionbot.db", strings.Repeat("this is not a database ", 1000))
	if out := second(); !strings.Contains(out, "damaged") {
		t.Errorf("corrupt database: %s", out)
	}
	b.write("config.toml", "state_dir = \"state\"\nrun_dir = \"run\"\n"+"[tor]\ntorrc_include = \"torrc\"\n"+twoUsers)
}
