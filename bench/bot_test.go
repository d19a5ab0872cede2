package bench

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"onionbot/bots/console"
)

// bot is one installation of the real binary in a directory of its own.
type bot struct {
	b    *testing.B
	dir  string
	log  *lockedBuffer
	cmd  *exec.Cmd
	done chan struct{}
	gone sync.Once
}

// setting of an installation.
type setting struct {
	tors int
	hold time.Duration // of the first answer
	warm bool
}

var compiled sync.Once

// newBot writes a configuration that joins the private network and starts the
// daemon. Everything of it goes with the benchmark.
func newBot(b *testing.B, s setting) *bot {
	b.Helper()
	setUp(b)
	compiled.Do(func() { shared.err = buildBot(shared.binary) })
	if shared.err != nil {
		b.Fatal(shared.err)
	}
	dir, err := os.MkdirTemp("", "ob") // short, for sockets
	if err == nil {
		err = os.Chmod(dir, 0o711) // root's tors run as somebody else
	}
	if err != nil {
		b.Fatal(err)
	}
	o := &bot{b: b, dir: dir, log: &lockedBuffer{}}
	o.write("torrc", strings.Join(shared.network.TorrcLines(), "\n")+"\n")
	o.write("config.toml", fmt.Sprintf(`
state_dir = "state"
run_dir = "run"
max_instances = 1000
[times]
hold = "%s"
[docker]
image_age = "0s"
[tor]
torrc_include = "torrc"
size = %d
warm = %t
[[users]]
name = "nobody"
telegram = [1]
services = ["site"]
max_instances = 1
`, s.hold, s.tors, s.warm))
	b.Cleanup(o.remove)
	o.start()
	return o
}

func (o *bot) write(name, text string) {
	o.b.Helper()
	if err := os.WriteFile(filepath.Join(o.dir, name), []byte(text), 0o600); err != nil {
		o.b.Fatal(err)
	}
}

// start starts the daemon and returns how long it took until a command was answered.
func (o *bot) start() time.Duration {
	o.b.Helper()
	began := time.Now()
	o.cmd = exec.Command(shared.binary, "run", "--config", filepath.Join(o.dir, "config.toml"))
	o.cmd.Stdout, o.cmd.Stderr = o.log, o.log
	if err := o.cmd.Start(); err != nil {
		o.b.Fatal(err)
	}
	done, cmd := make(chan struct{}), o.cmd
	o.done = done
	go func() { defer close(done); _ = cmd.Wait() }()
	for time.Since(began) < time.Minute {
		if a := o.say("list"); a.err == nil {
			return time.Since(began)
		}
		select {
		case <-done:
			o.b.Fatalf("the daemon has ended\n%s", o.log)
		case <-time.After(5 * time.Millisecond):
		}
	}
	o.b.Fatalf("the daemon does not answer\n%s", o.log)
	return 0
}

// kill ends the daemon as a crash does.
func (o *bot) kill() {
	_ = o.cmd.Process.Signal(syscall.SIGKILL)
	<-o.done
}

// answer is what came back on one command, and when.
type answer struct {
	text      string
	first     time.Duration // until the first answer that names an address
	reachable time.Duration // until the bot said "reachable"
	took      time.Duration
	err       error
}

func (a answer) address() string { return onionAddress.FindString(a.text) }

// say types one command at the console's socket, as `onionbot ctl` does, and
// waits for the final answer.
func (o *bot) say(words string) answer {
	ctx, cancel := context.WithTimeout(o.b.Context(), 2*patience)
	defer cancel()
	out := &stamped{began: time.Now()}
	code := console.Ctl(ctx, filepath.Join(o.dir, "run", "ctl.sock"), []string{words}, strings.NewReader(""), out, console.CtlOptions{})
	a := answer{text: out.text.String(), first: out.first, reachable: out.reachable, took: time.Since(out.began)}
	if code != 0 {
		a.err = fmt.Errorf("%q: code %d: %s", words, code, a.text)
	}
	return a
}

// mustSay fails the benchmark unless the command was carried out.
func (o *bot) mustSay(words string) answer {
	o.b.Helper()
	a := o.say(words)
	if a.err != nil {
		o.b.Fatalf("%v\n%s", a.err, o.log)
	}
	return a
}

// begin starts a site and waits until it is called reachable.
func (o *bot) begin(name string) (answer, error) {
	a := o.say("start site as " + name + " for 1h")
	if a.err == nil && a.reachable == 0 {
		a.err = errors.New("not reachable: " + a.text)
	}
	return a, a.err
}

// stopAll ends everything and waits until nothing is left.
func (o *bot) stopAll() {
	o.b.Helper()
	o.mustSay("stop all")
	o.await("everything gone", "SELECT count(*) FROM instances WHERE desired <> 'warm' AND state <> 'gone'", 0)
}

// awaitWarm waits until an address is published ahead of time.
func (o *bot) awaitWarm() {
	o.b.Helper()
	o.await("a warm address", "SELECT count(*) FROM instances WHERE desired = 'warm' AND state = 'publishing'", 1)
}

// await reads the daemon's database, as an operator could, until a count is as wanted.
func (o *bot) await(what, query string, want int) {
	o.b.Helper()
	d, err := sql.Open("sqlite", "file:"+filepath.Join(o.dir, "state", "onionbot.db")+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		o.b.Fatal(err)
	}
	defer d.Close()
	got := -1
	for deadline := time.Now().Add(2 * patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if err := d.QueryRowContext(o.b.Context(), query).Scan(&got); err != nil {
			o.b.Fatal(err)
		}
		if got == want {
			return
		}
	}
	o.b.Fatalf("not in time: %s (%d)\n%s", what, got, o.log)
}

// remove takes everything of the installation down.
func (o *bot) remove() { o.gone.Do(o.takeDown) }

func (o *bot) takeDown() {
	if o.b.Failed() {
		o.b.Logf("log of the daemon:\n%s", o.log)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, shared.binary, "down", "--limit", "5m", "--config", filepath.Join(o.dir, "config.toml")).CombinedOutput()
	if err != nil {
		o.b.Errorf("down: %v\n%s", err, out)
	}
	_ = os.RemoveAll(o.dir)
}

// stamped is a console's output with the times at which things were said.
type stamped struct {
	began            time.Time
	text             bytes.Buffer
	first, reachable time.Duration
}

// Write implements io.Writer.
func (s *stamped) Write(p []byte) (int, error) {
	s.text.Write(p)
	if s.first == 0 && onionAddress.Match(s.text.Bytes()) {
		s.first = time.Since(s.began)
	}
	if s.reachable == 0 && bytes.Contains(s.text.Bytes(), []byte("is reachable")) {
		s.reachable = time.Since(s.began)
	}
	return len(p), nil
}

// lockedBuffer is a log that is read while it is written.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
