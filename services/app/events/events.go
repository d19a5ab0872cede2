// Package events is how an app in a container tells the shim that something
// happened: short lines on a pipe that it has inherited. It knows numbers only,
// nothing about visitors.
//
// An app that was started with [EnvPipe] writes "count" for each event that the
// rules of its instance count (a complete download), and "news" when there is
// something new for its owner. What else it writes means nothing.
package events

import (
	"bufio"
	"errors"
	"io"
	"os"
	"strconv"
	"syscall"
)

// What an app finds in its environment.
const (
	EnvPipe = "ONION_EVENTS"      // the number of the descriptor to write to; not set if nobody listens
	EnvLeft = "ONION_EVENTS_LEFT" // how many counts are left until the instance ends; not set if there is no limit
)

// The lines.
const (
	Count = "count" // one more of what is counted
	News  = "news"  // there is something new to fetch
)

// Writer tells events. One that nobody listens to does nothing.
type Writer struct {
	pipe *os.File
	left int
}

// Open returns the writer that the environment names.
func Open() *Writer {
	w := &Writer{left: -1}
	if n, err := strconv.ParseUint(os.Getenv(EnvPipe), 10, 16); err == nil && n > 2 {
		syscall.CloseOnExec(int(n))
		w.pipe = os.NewFile(uintptr(n), "events")
	}
	if n, err := strconv.ParseUint(os.Getenv(EnvLeft), 10, 31); err == nil {
		w.left = int(n)
	}
	return w
}

// NewWriter returns a writer to a pipe, for an app under test.
func NewWriter(pipe *os.File, left int) *Writer { return &Writer{pipe: pipe, left: left} }

// Left is how many counts the rules leave at the start; negative if there is no limit.
func (w *Writer) Left() int { return w.left }

// Tell writes one line. An event that cannot be told is lost.
func (w *Writer) Tell(line string) {
	if w.pipe != nil {
		_, _ = w.pipe.WriteString(line + "\n") // shorter than PIPE_BUF: never in pieces
	}
}

// Tally is what came in one reading.
type Tally struct{ Counts, News int }

// Read hands on what comes from r until it ends. Lines that are too long or
// mean nothing are passed over. What waits already comes as one tally.
func Read(r io.Reader, take func(Tally)) error {
	const longest = 64
	lines := bufio.NewReaderSize(r, 4<<10)
	var t Tally
	handOn := func() {
		if t != (Tally{}) {
			take(t)
		}
		t = Tally{}
	}
	defer handOn()
	for long := false; ; {
		line, err := lines.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			long = true
			continue
		case err != nil:
			return err
		case long || len(line) > longest:
			long = false
		case string(line) == Count+"\n":
			t.Counts++
		case string(line) == News+"\n":
			t.News++
		}
		if lines.Buffered() == 0 {
			handOn()
		}
	}
}
