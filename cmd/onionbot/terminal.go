package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
)

// isTerminal reports whether a person sits at the file.
func isTerminal(f *os.File) bool {
	if f == nil {
		return false
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}

func port(addr string) string {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	return port
}

// progress is a bar on one line of a terminal; without one it is silent.
type progress struct {
	mu  sync.Mutex
	out io.Writer
	on  bool
}

func newProgress(out io.Writer, on bool) *progress { return &progress{out: out, on: on} }

// set shows how far something is, from 0 to 1, and what is being done.
func (p *progress) set(done float64, what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.on {
		return
	}
	const width = 30
	full := min(max(int(done*width), 0), width)
	fmt.Fprintf(p.out, "\r\033[K[%s%s] %3.0f%%  %s", strings.Repeat("#", full), strings.Repeat("-", width-full), done*100, what)
}

// end clears the bar.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.on {
		fmt.Fprint(p.out, "\r\033[K")
	}
	p.on = false
}
