package e2e

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// bot is one installation: a directory with a configuration, and the daemon
// when it runs.
type bot struct {
	t      *testing.T
	dir    string
	env    []string
	cmd    *exec.Cmd
	log    *syncBuffer
	done   chan struct{}
	docker []string // flags that name its engine; none for the machine's
}

// newBot writes a configuration that joins the private network. extra is
// added to the file.
func newBot(t *testing.T, extra string) *bot {
	t.Helper()
	setUp(t)
	dir, err := os.MkdirTemp("", "ob") // t.TempDir is too long for sockets
	if err == nil {
		err = os.Chmod(dir, 0o711) // root's tors run as somebody else
	}
	if err != nil {
		t.Fatal(err)
	}
	b := &bot{t: t, dir: dir, log: &syncBuffer{}}
	b.write("torrc", strings.Join(shared.network.TorrcLines(), "\n")+"\n")
	b.write("config.toml", `
state_dir = "state"
run_dir = "run"
log_level = "info"
[docker]
image_age = "0s" # what lies in the engine's cache for a week is not built anew under a test
[tor]
torrc_include = "torrc"
warm = false
`+extra)
	t.Cleanup(b.cleanUp)
	return b
}

func (b *bot) write(name, text string) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bot) read(name string) string {
	b.t.Helper()
	text, err := os.ReadFile(filepath.Join(b.dir, name))
	if err != nil {
		b.t.Fatal(err)
	}
	return string(text)
}

// set adds a line to a section of the configuration that is there.
func (b *bot) set(section, line string) {
	b.t.Helper()
	head := "[" + section + "]\n"
	b.write("config.toml", strings.Replace(b.read("config.toml"), head, head+line+"\n", 1))
}

// start starts the daemon and returns when it answers.
func (b *bot) start() {
	b.t.Helper()
	b.cmd = exec.Command(shared.binary, "run", "--config", filepath.Join(b.dir, "config.toml"))
	b.cmd.Env = append(append(os.Environ(), "ONIONBOT_MIN_LIFE=5s"), b.env...)
	b.cmd.Stdout, b.cmd.Stderr = b.log, b.log
	if err := b.cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	done, cmd := make(chan struct{}), b.cmd
	b.done = done
	go func() { defer close(done); _ = cmd.Wait() }()
	deadline := time.Now().Add(60 * time.Second)
	for time.Now().Before(deadline) {
		select {
		case <-done:
			return // a story that kills it early looks for itself
		default:
		}
		if out, err := b.try("help"); err == nil && out != "" {
			return
		}
		time.Sleep(50 * time.Millisecond) // a real process, seen from outside
	}
	b.t.Fatalf("the daemon does not answer\n%s", b.log)
}

// kill ends the daemon as a crash does.
func (b *bot) kill() {
	b.t.Helper()
	if b.cmd == nil {
		return
	}
	_ = b.cmd.Process.Signal(syscall.SIGKILL)
	<-b.done
	b.cmd = nil
}

// try gives the daemon one command, as the local operator.
func (b *bot) try(words ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	args := append([]string{"ctl", "--config", filepath.Join(b.dir, "config.toml")}, words...)
	out, err := exec.CommandContext(ctx, shared.binary, args...).CombinedOutput()
	return string(out), err
}

func (b *bot) ctl(words ...string) string {
	b.t.Helper()
	out, err := b.try(words...)
	if err != nil {
		b.t.Fatalf("onionbot ctl %s: %v\n%s\n%s", strings.Join(words, " "), err, out, b.log)
	}
	return out
}

var onionAddress = regexp.MustCompile(`[a-z2-7]{56}\.onion`)

// begin starts something and returns its address, once it is said to be reachable.
func (b *bot) begin(words ...string) string {
	b.t.Helper()
	out := b.ctl(append([]string{"start"}, words...)...)
	if !strings.Contains(out, "reachable") {
		b.t.Fatalf("start %s: %s\n%s", strings.Join(words, " "), out, b.log)
	}
	return address(b.t, out)
}

func address(t *testing.T, text string) string {
	t.Helper()
	found := onionAddress.FindString(text)
	if found == "" {
		t.Fatalf("no address in: %s", text)
	}
	return found
}

// containers finds containers by what they have mounted, not by what the bot says of them.
func (b *bot) containers() []string {
	b.t.Helper()
	out, err := exec.Command("docker", append(slices.Clone(b.docker), "ps", "-a", "--no-trunc", "--format", "{{.Names}} {{.Mounts}}")...).Output()
	if err != nil {
		b.t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, b.dir+"/") {
			names = append(names, strings.Fields(line)[0])
		}
	}
	return names
}

// wantNothingLeft looks for containers, sockets and the bytes of secrets.
func (b *bot) wantNothingLeft(secrets ...string) {
	b.t.Helper()
	// The address is checked before its row is erased.
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end) && len(b.holding(secrets...)) > 0; {
		time.Sleep(200 * time.Millisecond) // files of another process
	}
	if left := b.containers(); len(left) > 0 {
		b.t.Errorf("containers left: %v", left)
	}
	entries, err := os.ReadDir(filepath.Join(b.dir, "run", "i"))
	if err == nil && len(entries) > 0 {
		b.t.Errorf("instance directories left: %v", entries)
	}
	b.wantForgotten(secrets...)
}

// wantForgotten looks through every byte of the state directory. tor's own
// state is its own business.
func (b *bot) wantForgotten(secrets ...string) {
	b.t.Helper()
	for _, dir := range []string{"state", "run"} {
		_ = filepath.WalkDir(filepath.Join(b.dir, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return nil
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return nil
			}
			for _, secret := range secrets {
				if bytes.Contains(data, []byte(secret)) {
					b.t.Errorf("%s still holds %q", path, secret[:8])
				}
			}
			return nil
		})
	}
	for _, secret := range secrets {
		if strings.Contains(b.log.String(), secret) {
			b.t.Errorf("the log holds %q", secret[:8])
		}
	}
}

// cleanUp takes everything of the installation down.
func (b *bot) cleanUp() {
	if b.t.Failed() {
		b.t.Logf("log of the daemon:\n%s", b.log)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	ran := b.alive()
	out, err := exec.CommandContext(ctx, shared.binary, "down", "--config", filepath.Join(b.dir, "config.toml")).CombinedOutput()
	if err != nil {
		b.t.Errorf("down: %v\n%s", err, out)
	}
	if b.cmd != nil {
		select {
		case <-b.done:
			if code := b.cmd.ProcessState.ExitCode(); ran && code != 0 {
				b.t.Errorf("down ended the daemon with code %d: a service manager would start it again", code)
			}
		case <-time.After(30 * time.Second):
			b.t.Errorf("down did not end the daemon")
			b.kill()
		}
	}
	if left := b.containers(); len(left) > 0 {
		b.t.Errorf("down left containers %v", left)
	}
	_ = os.RemoveAll(b.dir)
}

// wait polls something outside of this process.
func wait(t *testing.T, limit time.Duration, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if done() {
			return
		}
	}
	t.Fatalf("after %v: not %s", limit, what)
}

// syncBuffer is a log that is read while it is written.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}
