package privnet

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strings"
	"time"
)

// pollEvery is the pause between two looks at something that changes within
// seconds. A look is one question on an open unix socket.
const pollEvery = 50 * time.Millisecond

// control is a connection to the control socket of one tor, as much of the
// protocol as this package needs. The socket is guarded by the mode of its
// directory, so no password or cookie is asked for.
type control struct {
	conn net.Conn
	text *textproto.Reader
}

// dialControl connects to a tor that may be just starting: it tries until the
// socket is there, the process has ended or the context is done.
func dialControl(ctx context.Context, p *process) (*control, error) {
	var dialer net.Dialer
	var c *control
	err := poll(ctx, p, func() (bool, error) {
		conn, err := dialer.DialContext(ctx, "unix", p.socket())
		if err != nil {
			return false, nil // not there yet
		}
		c = newControl(conn)
		return true, nil
	})
	if err != nil {
		return nil, fmt.Errorf("reach the control socket of %s: %w", p.name, err)
	}
	if _, err := c.ask(ctx, "AUTHENTICATE"); err != nil {
		return nil, errors.Join(p.explain(err), c.close())
	}
	return c, nil
}

func newControl(conn net.Conn) *control {
	return &control{conn: conn, text: textproto.NewReader(bufio.NewReader(conn))}
}

func (c *control) close() error { return c.conn.Close() }

// ask sends one command and returns its reply without status codes: one
// element per line, a data block being one element with its first line.
func (c *control) ask(ctx context.Context, command string) ([]string, error) {
	verb, _, _ := strings.Cut(command, " ")
	stop := context.AfterFunc(ctx, func() { _ = c.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := c.conn.Write([]byte(command + "\r\n")); err != nil {
		return nil, fmt.Errorf("%s: %w", verb, firstOf(ctx.Err(), err))
	}
	reply, err := c.read()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", verb, firstOf(ctx.Err(), err))
	}
	return reply, nil
}

// info asks for the value of one GETINFO key.
func (c *control) info(ctx context.Context, key string) (string, error) {
	reply, err := c.ask(ctx, "GETINFO "+key)
	if err != nil {
		return "", err
	}
	value, ok := strings.CutPrefix(reply[0], key+"=")
	if !ok {
		return "", fmt.Errorf("GETINFO %s: unexpected reply", key)
	}
	return strings.TrimPrefix(value, "\n"), nil
}

// read reads one whole reply.
func (c *control) read() ([]string, error) {
	var reply []string
	for {
		line, err := c.text.ReadLine()
		if err != nil {
			return nil, err
		}
		if len(line) < 4 {
			return nil, fmt.Errorf("short reply %q", line)
		}
		status, kind, rest := line[:3], line[3], line[4:]
		if status[0] != '2' {
			return nil, fmt.Errorf("tor says %s %s", status, rest)
		}
		if kind == '+' {
			block, err := c.text.ReadDotLines()
			if err != nil {
				return nil, err
			}
			rest += "\n" + strings.Join(block, "\n")
		}
		reply = append(reply, rest)
		if kind == ' ' {
			return reply, nil
		}
	}
}

// poll looks until the look says yes or fails, the process has ended, or the
// context is done.
func poll(ctx context.Context, p *process, look func() (bool, error)) error {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		yes, err := look()
		if err != nil {
			return p.explain(err)
		}
		if yes {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.gone:
			return p.failure()
		case <-ticker.C:
		}
	}
}

// firstOf returns the error that explains the other.
func firstOf(cause, err error) error {
	if cause != nil {
		return cause
	}
	return err
}
