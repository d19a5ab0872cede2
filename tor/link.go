package tor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"time"

	"github.com/cretz/bine/control"
)

// errNoAnswer marks a tor that could not be asked: no connection, or no reply
// in time. Whether it acted on the request is unknown then.
var errNoAnswer = errors.New("tor does not answer")

// Status codes of the control protocol that mean something here.
const (
	codeSyntax       = 512 // an argument that it does not know
	codeUnspecified  = 550 // a collision of onion addresses, for one
	codeUnrecognized = 552 // no such onion, no such circuit
	codeInternal     = 551 // also: nothing to list
)

// link is the control connection for requests. It is dialled when it is first
// needed and again after anything went wrong with it. One user at a time.
type link struct {
	socket  string
	timeout time.Duration
	turn    chan struct{} // holds one token: whose turn it is

	conn *session // guarded by turn
}

// session is one authenticated control connection. Its methods are not for
// use by several goroutines.
type session struct {
	net     net.Conn
	bine    *control.Conn
	timeout time.Duration
	broken  bool
}

func newLink(socket string, timeout time.Duration) *link {
	return &link{socket: socket, timeout: timeout, turn: make(chan struct{}, 1)}
}

// do calls fn with the connection, while nobody else uses it. An error that is
// [errNoAnswer] means that the tor could not be asked.
func (l *link) do(ctx context.Context, fn func(*session) error) error {
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", errNoAnswer, ctx.Err())
	}
	defer func() { <-l.turn }()
	if l.conn == nil {
		s, err := dialSession(ctx, l.socket, l.timeout)
		if err != nil {
			return err
		}
		l.conn = s
	}
	err := l.conn.bounded(ctx, fn)
	if l.conn.broken {
		l.conn.close()
		l.conn = nil
	}
	return err
}

// reset closes the connection; the next request dials a new one.
func (l *link) reset() {
	l.turn <- struct{}{}
	defer func() { <-l.turn }()
	if l.conn != nil {
		l.conn.close()
		l.conn = nil
	}
}

// dialSession connects and authenticates with the cookie, or with nothing
// where tor asks for nothing.
func dialSession(ctx context.Context, socket string, timeout time.Duration) (*session, error) {
	d := net.Dialer{Timeout: timeout}
	conn, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoAnswer, err)
	}
	s := &session{net: conn, bine: control.NewConn(textproto.NewConn(conn)), timeout: timeout}
	err = s.bounded(ctx, func(s *session) error {
		s.arm(ctx)
		if err := s.bine.Authenticate(""); err != nil {
			return fmt.Errorf("%w: authenticate: %w", errNoAnswer, err)
		}
		return nil
	})
	if err != nil {
		conn.Close()
		return nil, err
	}
	return s, nil
}

// bounded makes a request in flight end when ctx does.
func (s *session) bounded(ctx context.Context, fn func(*session) error) error {
	stop := context.AfterFunc(ctx, func() { _ = s.net.SetDeadline(time.Unix(1, 0)) })
	err := fn(s)
	if !stop() {
		s.broken = true // its deadline is in the past now
	}
	return err
}

// arm gives the next request its time.
func (s *session) arm(ctx context.Context) {
	if ctx.Err() == nil {
		_ = s.net.SetDeadline(time.Now().Add(s.timeout))
	}
}

func (s *session) close() { _ = s.net.Close() }

// discard tells tor to close circuits, except those that have come into use
// again. It does not wait for replies: whoever reads from the connection drops
// them. A connection that does not take the words is seen to be broken by its
// reader.
func (s *session) discard(circuits []string) {
	var words strings.Builder
	for _, id := range circuits {
		if !strings.ContainsAny(id, " \r\n") {
			words.WriteString("CLOSECIRCUIT " + id + " IfUnused\r\n")
		}
	}
	if words.Len() == 0 {
		return
	}
	_ = s.net.SetWriteDeadline(time.Now().Add(s.timeout))
	_, _ = io.WriteString(s.net, words.String())
}

// request sends one command made of words and returns the lines of the reply
// but its last. Words with a space or a line end in them are refused.
func (s *session) request(ctx context.Context, words ...string) ([]string, error) {
	for _, w := range words {
		if w == "" || strings.ContainsAny(w, " \t\r\n\x00") {
			return nil, fmt.Errorf("tor: refused to send %s: malformed value", words[0])
		}
	}
	return s.send(ctx, words[0], strings.Join(words, " "))
}

// send sends a command whose parts were checked. Its name is for errors, which
// never hold the command itself: there can be a key in it.
func (s *session) send(ctx context.Context, name, command string) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", errNoAnswer, err)
	}
	s.arm(ctx)
	resp, err := s.bine.SendRequest("%s", command)
	var refused *textproto.Error
	switch {
	case err == nil:
		return resp.Data, nil
	case errors.As(err, &refused):
		return nil, fmt.Errorf("tor: %s: %w", name, err)
	default:
		s.broken = true
		return nil, fmt.Errorf("%w: %s: %w", errNoAnswer, name, err)
	}
}

// info asks GETINFO for one key. The value's lines end in "\n".
func (s *session) info(ctx context.Context, key string) (string, error) {
	data, err := s.request(ctx, "GETINFO", key)
	if err != nil {
		return "", err
	}
	for _, line := range data {
		if value, ok := strings.CutPrefix(line, key+"="); ok {
			return strings.ReplaceAll(strings.TrimPrefix(value, "\r\n"), "\r", ""), nil
		}
	}
	return "", fmt.Errorf("tor: GETINFO %s: no value", key)
}

// refusal returns the status code of a request that tor refused, 0 for any
// other error.
func refusal(err error) int {
	var e *textproto.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}
