package tor

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"onionbot/services"
)

// What stands behind an address may be hostile: no more than this is read of
// its answer, and it has no longer to give it, however long the context lasts.
const (
	answerBytes = 4 << 10
	answerTime  = 20 * time.Second
)

// errTurnedAway marks a stream that reached the service and was sent away: it
// was closed before a word was said, or the server says that it is full.
var errTurnedAway = errors.New("the service turned the stream away")

// visit opens the address on a circuit of its own and looks for the answer that
// the kind asks for.
func visit(ctx context.Context, socks, isolation, addr string, port int, kind services.ProbeKind) error {
	conn, err := dialSOCKS(ctx, socks, isolation, addr, port)
	if err != nil {
		return err
	}
	defer conn.Close()
	return greet(ctx, conn, addr, kind)
}

// greet looks for the answer on an open stream.
func greet(ctx context.Context, conn net.Conn, addr string, kind services.ProbeKind) (err error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	switch kind {
	case services.ProbeHTTP:
		err = greetHTTP(conn, addr)
	case services.ProbeSSH:
		err = greetSSH(conn)
	case services.ProbeTCP:
	default:
		err = fmt.Errorf("unknown kind %q", kind)
	}
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// greetHTTP asks for / and is content with any answer below 500.
func greetHTTP(conn net.Conn, host string) error {
	if _, err := fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nUser-Agent: probe\r\nConnection: close\r\n\r\n", host); err != nil {
		return turnedAway(err)
	}
	line, err := newGreeting(conn).line()
	if err != nil {
		return err
	}
	var major, minor, status int
	if _, err := fmt.Sscanf(line, "HTTP/%d.%d %d", &major, &minor, &status); err != nil {
		return errors.New("the answer is not HTTP")
	}
	switch {
	case status == 503:
		return fmt.Errorf("%w: HTTP status 503", errTurnedAway)
	case status < 100 || status >= 500:
		return fmt.Errorf("HTTP status %d", status)
	}
	return nil
}

// greetSSH waits for the banner. Lines before it are allowed (RFC 4253, 4.2).
func greetSSH(conn net.Conn) error {
	g := newGreeting(conn)
	for range 20 {
		line, err := g.line()
		if err != nil {
			return fmt.Errorf("no banner of ssh: %w", err)
		}
		if strings.HasPrefix(line, "SSH-") {
			return nil
		}
	}
	return errors.New("no banner of ssh")
}

// greeting reads lines of at most 256 bytes, and [answerBytes] in all.
type greeting struct {
	r    *bufio.Reader
	said bool // something came
}

func newGreeting(conn net.Conn) *greeting {
	return &greeting{r: bufio.NewReaderSize(io.LimitReader(conn, answerBytes), 256)}
}

func (g *greeting) line() (string, error) {
	line, err := g.r.ReadSlice('\n')
	if err == nil {
		g.said = true
		return strings.TrimSpace(string(line)), nil
	}
	if !g.said && len(line) == 0 {
		err = turnedAway(err)
	}
	return "", fmt.Errorf("no answer: %w", err)
}

// turnedAway marks the errors of a stream that the other side has closed.
func turnedAway(err error) error {
	for _, closed := range []error{io.EOF, syscall.EPIPE, syscall.ECONNRESET} {
		if errors.Is(err, closed) {
			return fmt.Errorf("%w: %w", errTurnedAway, err)
		}
	}
	return err
}
