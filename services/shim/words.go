package shim

import (
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
)

// maxWords bounds what is kept of an app's standard error, in bytes.
const maxWords = 2 << 10

// words are the last words of an app that never came up: what it wrote to its
// standard error before it accepted a connection. As soon as it does, they are
// forgotten and nothing is kept any more, since later words may be about
// visitors.
type words struct {
	mu   sync.Mutex
	kept []byte
	deaf bool
	done chan struct{} // closed when nobody can write any more
}

// listen returns the writing end of a pipe whose other end is read for as long
// as somebody has this one.
func (w *words) listen() (*os.File, error) {
	r, end, err := pipe()
	if err != nil {
		return nil, err
	}
	w.done = make(chan struct{})
	go func() {
		defer close(w.done)
		defer r.Close()
		buf := make([]byte, 8<<10)
		for {
			n, err := r.Read(buf)
			w.keep(buf[:n])
			if err != nil {
				return
			}
		}
	}()
	return end, nil
}

// pipe returns a reading end of ours, and a writing end for an app.
func pipe() (r, w *os.File, err error) {
	var ends [2]int
	if err := syscall.Pipe2(ends[:], syscall.O_CLOEXEC); err != nil {
		return nil, nil, err
	}
	_ = syscall.SetNonblock(ends[0], true) // this end alone: an app expects one that blocks
	return os.NewFile(uintptr(ends[0]), "pipe"), os.NewFile(uintptr(ends[1]), "pipe"), nil
}

func (w *words) keep(b []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.deaf {
		return
	}
	w.kept = append(w.kept, b...)
	if over := len(w.kept) - maxWords; over > 0 {
		w.kept = append(w.kept[:0], w.kept[over:]...)
	}
}

func (w *words) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kept, w.deaf = nil, true
}

// text is what was kept, in printable ASCII. Of an app that has just ended it
// waits a moment for the rest.
func (w *words) text() string {
	if w.done != nil {
		select {
		case <-w.done:
		case <-time.After(100 * time.Millisecond): // a child of the app's still has the pipe
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case r < ' ' || r > '~':
			return '?'
		}
		return r
	}, string(w.kept)))
}
