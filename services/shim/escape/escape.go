package escape

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
)

// Finding is what became of an attempt.
type Finding struct {
	What   string // was tried
	Answer string // of the kernel: the name of an error, or "allowed"
	Open   bool   // the way is open, or not closed in the way that it should be
}

// attempt is one way out.
type attempt struct {
	what string
	try  func() error
	// closed are the answers that mean no; [refusals] if there are none.
	closed []syscall.Errno
}

// refusals are how the kernel says that somebody has no right to something.
var refusals = []syscall.Errno{syscall.EPERM, syscall.EACCES, syscall.ENOSYS} //nolint:gochecknoglobals // a table

// absence is how a file says no, beside that: it is not there, or read-only.
var absence = append([]syscall.Errno{ //nolint:gochecknoglobals // a table
	syscall.EROFS, syscall.ETXTBSY, syscall.ENOENT, syscall.ENOTDIR, syscall.ENXIO, syscall.ENODEV, syscall.EIO, syscall.EISDIR,
}, refusals...)

// Try tries everything.
func Try() []Finding {
	var all []Finding
	for _, table := range [][]attempt{mounts(), namespaces(), processes(), users(), kernel(), sockets(), devices(), settings(), places()} {
		for _, a := range table {
			all = append(all, a.run())
		}
	}
	return all
}

func (a *attempt) run() Finding {
	closed := a.closed
	if closed == nil {
		closed = refusals
	}
	err := a.try()
	var no syscall.Errno
	if errors.As(err, &no) {
		return Finding{What: a.what, Answer: no.Error(), Open: !slices.Contains(closed, no)}
	}
	if err != nil {
		return Finding{What: a.what, Answer: err.Error(), Open: !errors.Is(err, errClosed)}
	}
	return Finding{What: a.what, Answer: "allowed", Open: true}
}

// errClosed is for attempts that fail otherwise than by an answer of the kernel.
var errClosed = errors.New("closed")

// end is the last line of what [Write] writes.
const end = "DONE"

// Write tries everything and writes a line for each attempt: "open" or
// "closed", what, the answer, with tabs between them.
func Write(w io.Writer) error {
	for _, f := range Try() {
		state := "closed"
		if f.Open {
			state = "open"
		}
		if _, err := fmt.Fprintf(w, "%s\t%s\t%s\n", state, f.What, f.Answer); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(w, end)
	return err
}

// Parse reads what [Write] wrote. It comes from inside a container.
func Parse(text string) ([]Finding, error) {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if lines[len(lines)-1] != end {
		return nil, fmt.Errorf("the attempts did not come to their end: %.200q", text)
	}
	var all []Finding
	for _, line := range lines[:len(lines)-1] {
		words := strings.Split(line, "\t")
		if len(words) != 3 {
			return nil, fmt.Errorf("the attempts say %.100q", line)
		}
		all = append(all, Finding{What: words[1], Answer: words[2], Open: words[0] != "closed"})
	}
	return all, nil
}
