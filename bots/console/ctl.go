package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"
)

// CtlOptions bound a [Ctl].
type CtlOptions struct {
	Timeout time.Duration // until the last reply; 15 min if zero
	File    string        // a file to send along, "-" for what comes from in; "" for none
	Err     io.Writer     // what is no reply; the same as out if nil
}

// maxText bounds a command that is read from a file or a pipe.
const maxText = 256 << 10

// Ctl gives the daemon one command, prints what it answers until nothing
// more will follow, and returns an exit code. Without words the command is
// read from in, with the page below its first line.
func Ctl(ctx context.Context, path string, words []string, in io.Reader, out io.Writer, o CtlOptions) int {
	if o.Timeout == 0 {
		o.Timeout = 15 * time.Minute
	}
	if o.Err == nil {
		o.Err = out
	}
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	r, err := newRequest(words, in, o.File)
	if err != nil {
		fmt.Fprintln(o.Err, "What to send could not be read:", err)
		return ExitRefused
	}
	c, err := Dial(ctx, path, false)
	if err != nil {
		fmt.Fprintln(o.Err, noBot(err, path))
		return ExitNoBot
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	code, err := c.ask(r, out)
	switch {
	case err == nil:
		return code
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		fmt.Fprintf(o.Err, "No final answer within %s. Ask again with: onionbot ctl status\n", o.Timeout)
		return ExitTimeout
	}
	fmt.Fprintln(o.Err, noBot(err, path))
	return ExitNoBot
}

// ask sends one command and prints its replies to the last one.
func (c *Client) ask(r request, out io.Writer) (int, error) {
	if r.file != nil {
		err := c.attach(r.file)
		if f, refused := c.refusal(err); refused { // the server hung up half-way
			show(out, f)
			return ExitRefused, nil
		}
		if err != nil {
			return ExitNoBot, err
		}
	}
	if err := c.say(r.text); err != nil {
		if f, refused := c.refusal(err); refused {
			show(out, f)
			return ExitRefused, nil
		}
		return ExitNoBot, err
	}
	for {
		f, err := c.listen()
		if err != nil {
			return ExitNoBot, err
		}
		c.track(f)
		show(out, f)
		if done, failed := c.done(); done {
			if failed {
				return ExitRefused, nil
			}
			return ExitOK, nil
		}
	}
}

// refusal reads what the server said before it hung up on a write.
func (c *Client) refusal(err error) (frame, bool) {
	if err == nil {
		return frame{}, false
	}
	if !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) {
		return frame{}, false
	}
	f, readErr := c.listen()
	return f, readErr == nil && f.Type == typeRefused
}
