package console

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"

	"onionbot/bots"
	"onionbot/private"
	"onionbot/services"
)

// Exit codes of [Ctl] and [Chat].
const (
	ExitOK      = 0
	ExitRefused = 1 // the reply says that the command was refused or failed
	ExitNoBot   = 2 // no daemon answers, or it went away
	ExitTimeout = 3 // no final reply in time
)

// Client is a connection to the daemon.
type Client struct {
	conn net.Conn
	read *bufio.Reader

	mu       sync.Mutex
	next     int
	open     map[int]bool    // commands without an answer
	expected map[string]bool // instances whose end of the story is awaited
	failed   bool
}

// Dial connects to the daemon's socket; it stays connected for a prompt, or
// asks once. A socket that is not the bot's is [services.CodeBadConfig].
func Dial(ctx context.Context, path string, stay bool) (*Client, error) {
	if err := private.Socket(path); err != nil {
		return nil, err
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	c := &Client{conn: conn, read: bufio.NewReader(conn), open: make(map[int]bool), expected: make(map[string]bool)}
	mode := modeCtl
	if stay {
		mode = modeChat
	}
	return c, c.write(frame{Type: typeHello, Mode: mode})
}

// Close ends the connection.
func (c *Client) Close() error { return c.conn.Close() }

func (c *Client) write(f frame) error {
	line, err := f.encode()
	if err != nil {
		return err
	}
	if _, err = c.conn.Write(line); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// say sends a command.
func (c *Client) say(text string) error {
	c.mu.Lock()
	c.next++
	n := c.next
	c.open[n] = true
	c.mu.Unlock()
	return c.write(frame{Type: typeCommand, Command: n, Text: text})
}

// attach sends a file for the next command.
func (c *Client) attach(f *upload) error {
	if err := c.write(frame{Type: typeFile, Name: f.name, Size: int64(len(f.data))}); err != nil {
		return err
	}
	if _, err := c.conn.Write(f.data); err != nil {
		return fmt.Errorf("send %s: %w", f.name, err)
	}
	return nil
}

// listen reads the next reply that is to be shown; the caller tracks it then.
func (c *Client) listen() (frame, error) {
	for {
		f, err := readFrame(c.read)
		if err != nil {
			return frame{}, err
		}
		if f.Type == typeAccepted {
			continue
		}
		return f, nil
	}
}

// track follows of what is still to come.
func (c *Client) track(f frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	asked := f.Command > 0 && f.Command <= c.next && !news(f.Kind) // "stop a and b" has two answers
	mine := c.open[f.Command] || asked || c.expected[f.Instance] || f.Type == typeRefused
	if mine {
		c.failed = f.Error && !f.Pending
	}
	delete(c.open, f.Command)
	if f.Type == typeRefused {
		clear(c.open)
	}
	switch {
	case f.Instance == "" || !mine || f.Kind == services.KindReminder:
	case f.Pending:
		c.expected[f.Instance] = true
	default:
		delete(c.expected, f.Instance)
	}
}

// done reports whether every command has got its last reply, and whether the
// last one said that it failed.
func (c *Client) done() (done, failed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.open) == 0 && len(c.expected) == 0, c.failed
}

// noBot is what a person reads when there is nobody to speak to.
func noBot(err error, path string) string {
	var refused *services.Error
	switch {
	case errors.As(err, &refused) && refused.Code == services.CodeBadConfig:
		return "I don't send anything there: " + refused.Args["problem"] + "."
	case errors.Is(err, os.ErrPermission):
		return fmt.Sprintf("The bot's socket (%s) belongs to another user. Try again as that user, or as root.", path)
	case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
		return "The bot has ended the connection. A command that was accepted is not lost."
	}
	return fmt.Sprintf("No bot answers at %s. Start it with: onionbot run", path)
}

// Print prints a reply as a client would.
func Print(out io.Writer, r bots.Reply) { show(out, frame{Text: r.Text, QR: r.QR}) }

// show prints a reply.
func show(out io.Writer, f frame) {
	fmt.Fprintln(out, strings.TrimRight(f.Text, "\n"))
	if f.QR != "" {
		fmt.Fprint(out, picture(f.QR))
	}
}
