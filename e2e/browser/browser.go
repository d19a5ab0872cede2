// Package browser drives a headless Chromium for stories that need one, over
// the pipe that it offers for that. There may be none on a machine: see [Find].
package browser

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// Find is the browser's program, "" if this machine has none.
func Find() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// Options say how a browser is started.
type Options struct {
	SOCKS     string // host:port of a proxy that everything goes through; "" for none
	Scripts   bool   // pages may run scripts
	Dark      bool   // pages are asked for their dark scheme
	Width     int    // of the window; 0 for a desk
	Height    int
	Downloads string // where downloads go; "" for nowhere
}

// Browser is a running browser with one page open.
type Browser struct {
	t       testing.TB
	in      *os.File
	session string

	mu      sync.Mutex
	next    int
	waiting map[int]chan answer
	failed  error
}

type answer struct {
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// Start starts a browser that ends with the test.
func Start(t testing.TB, o Options) *Browser {
	t.Helper()
	flags := []string{
		"--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--user-data-dir=" + t.TempDir(),
		"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
	}
	if o.SOCKS != "" {
		flags = append(flags, "--proxy-server=socks5://"+o.SOCKS, "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1")
	}
	b := &Browser{t: t, waiting: make(map[int]chan answer)}
	out := b.launch(exec.Command(Find(), append(flags, "about:blank")...)) //nolint:noctx // a browser, ended with the test
	go b.read(out)
	b.open(o)
	return b
}

// launch starts the program with the two pipes that it talks over.
func (b *Browser) launch(cmd *exec.Cmd) io.Reader {
	b.t.Helper()
	theirIn, in, err1 := os.Pipe()
	out, theirOut, err2 := os.Pipe()
	if err := errors.Join(err1, err2); err != nil {
		b.t.Fatal(err)
	}
	b.in = in
	cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	_, _ = theirIn.Close(), theirOut.Close()
	b.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_, _ = in.Close(), out.Close()
	})
	return out
}

// read hands on answers until the browser is gone.
func (b *Browser) read(out io.Reader) {
	lines := bufio.NewReader(out)
	for {
		text, err := lines.ReadBytes(0)
		if err != nil {
			b.fail(err)
			return
		}
		var m struct {
			ID int `json:"id"`
			answer
		}
		if json.Unmarshal(text[:len(text)-1], &m) != nil || m.ID == 0 {
			continue
		}
		b.mu.Lock()
		ch := b.waiting[m.ID]
		delete(b.waiting, m.ID)
		b.mu.Unlock()
		if ch != nil {
			ch <- m.answer
		}
	}
}

func (b *Browser) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failed = err
	for _, ch := range b.waiting {
		close(ch)
	}
	clear(b.waiting)
}

// patience is how long an answer of the browser may take on a busy machine.
const patience = time.Minute

// call sends one command and waits for its answer.
func (b *Browser) call(method string, params any, into any) error {
	ch := make(chan answer, 1)
	b.mu.Lock()
	if b.failed != nil {
		b.mu.Unlock()
		return b.failed
	}
	b.next++
	id := b.next
	b.waiting[id] = ch
	b.mu.Unlock()
	text, err := json.Marshal(map[string]any{"id": id, "method": method, "params": params, "sessionId": b.session})
	if b.session == "" {
		text, err = json.Marshal(map[string]any{"id": id, "method": method, "params": params})
	}
	if err != nil {
		return err
	}
	if _, err := b.in.Write(append(text, 0)); err != nil {
		return err
	}
	select {
	case a, ok := <-ch:
		switch {
		case !ok:
			return errors.New("the browser is gone")
		case a.Error != nil:
			return fmt.Errorf("%s: %s", method, a.Error.Message)
		case into != nil:
			return json.Unmarshal(a.Result, into)
		}
		return nil
	case <-time.After(patience):
		return fmt.Errorf("%s: no answer", method)
	}
}

// must is call for what cannot fail but by a fault.
func (b *Browser) must(method string, params any, into any) {
	b.t.Helper()
	if err := b.call(method, params, into); err != nil {
		b.t.Fatal(err)
	}
}
