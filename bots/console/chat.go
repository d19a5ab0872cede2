package console

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
)

const prompt = "onionbot> "

// Chat is a prompt: lines go to the daemon, replies and notices are printed
// as they come. Without a terminal a line is sent when the one before has got
// its last reply. It ends with the input, with "quit", or with the daemon.
func Chat(ctx context.Context, path string, in io.Reader, out io.Writer) int {
	c, err := Dial(ctx, path, true)
	if err != nil {
		fmt.Fprintln(out, noBot(err, path))
		return ExitNoBot
	}
	defer c.Close()
	t := &talk{client: c, out: out, tty: terminal(in), path: path}
	t.lines, t.replies = make(chan string), make(chan frame)
	done := make(chan struct{})
	defer close(done)
	go t.readInput(in, done)
	go t.readReplies(done)
	return t.run(ctx)
}

// talk is one conversation at a prompt.
type talk struct {
	client  *Client
	out     io.Writer
	tty     bool
	path    string
	lines   chan string
	replies chan frame
	lost    error // why replies was closed
}

func terminal(in io.Reader) bool {
	f, ok := in.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (t *talk) readInput(in io.Reader, done <-chan struct{}) {
	defer close(t.lines)
	scan := bufio.NewScanner(in)
	scan.Buffer(make([]byte, 4096), maxText)
	for scan.Scan() {
		select {
		case t.lines <- scan.Text():
		case <-done:
			return
		}
	}
}

func (t *talk) readReplies(done <-chan struct{}) {
	defer close(t.replies)
	for {
		f, err := t.client.listen()
		if err != nil {
			t.lost = err
			return
		}
		select {
		case t.replies <- f:
		case <-done:
			return
		}
	}
}

func (t *talk) run(ctx context.Context) int {
	t.prompt()
	lines, ended := t.lines, false
	for {
		idle, failed := t.client.done()
		if ended && idle {
			if failed {
				return ExitRefused
			}
			return ExitOK
		}
		take := lines
		if !t.tty && !idle {
			take = nil
		}
		select {
		case <-ctx.Done():
			return ExitOK
		case f, ok := <-t.replies:
			if !ok {
				t.clear()
				fmt.Fprintln(t.out, noBot(t.lost, t.path))
				return ExitNoBot
			}
			t.client.track(f) // only now: what is not shown yet has not arrived
			t.clear()
			show(t.out, f)
			t.prompt()
		case line, ok := <-take:
			switch word := strings.ToLower(strings.TrimSpace(line)); {
			case !ok && t.tty, word == "quit", word == "exit", word == "bye":
				return ExitOK
			case !ok:
				ended, lines = true, nil
			case word == "":
				t.prompt()
			default:
				if err := t.client.say(line); err != nil {
					fmt.Fprintln(t.out, noBot(err, t.path))
					return ExitNoBot
				}
			}
		}
	}
}

// prompt shows where to type; a reply that comes in between goes in its place.
func (t *talk) prompt() {
	if t.tty {
		fmt.Fprint(t.out, prompt)
	}
}

func (t *talk) clear() {
	if t.tty {
		fmt.Fprint(t.out, "\r\x1b[K")
	}
}
