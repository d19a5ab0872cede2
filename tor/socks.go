package tor

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// errProxy marks failures of the SOCKS proxy itself: the tor behind it ended
// or does not speak. They say nothing about the destination.
var errProxy = errors.New("the SOCKS port does not answer")

// SOCKSError is tor's reason for not opening a connection. The codes from 0xF0
// on are tor's own (proposal 304).
type SOCKSError byte

// The codes that are told apart. Those from 0xF0 on are only sent to a SOCKS
// port with the flag ExtendedErrors.
const (
	socksNoDescriptor     SOCKSError = 0xF0 // no directory that should have it has it
	socksNoIntroduction   SOCKSError = 0xF2 // every introduction point said no
	socksNoRendezvous     SOCKSError = 0xF3 // the service did not come in time
	socksNoKey            SOCKSError = 0xF4 // a private onion, and the tor has no key for it
	socksWrongKey         SOCKSError = 0xF5 // the same with a key that does not fit
	socksSlowIntroduction SOCKSError = 0xF7 // the introduction points did not answer in time
)

// Error implements error.
func (e SOCKSError) Error() string {
	if text, ok := map[SOCKSError]string{
		0x01:                  "general failure",
		0x02:                  "not allowed",
		0x03:                  "network unreachable",
		0x04:                  "host unreachable",
		0x05:                  "connection refused",
		0x06:                  "timed out",
		0x07:                  "command not supported",
		0x08:                  "address type not supported",
		socksNoDescriptor:     "descriptor not found",
		0xF1:                  "descriptor invalid",
		socksNoIntroduction:   "introduction failed",
		socksNoRendezvous:     "rendezvous timed out",
		socksNoKey:            "client authorization missing",
		socksWrongKey:         "client authorization wrong",
		0xF6:                  "bad onion address",
		socksSlowIntroduction: "introduction timed out",
	}[e]; ok {
		return "tor: " + text
	}
	return fmt.Sprintf("tor: SOCKS error 0x%02X", byte(e))
}

// dialSOCKS opens host:port through the SOCKS5 port at addr, a unix socket's
// path or host:port. Streams with different isolation strings never share a
// circuit.
func dialSOCKS(ctx context.Context, addr, isolation, host string, port int) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, socksNetwork(addr), addr)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errProxy, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	err = handshake(conn, isolation, host, port)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err == nil {
		return conn, nil
	}
	conn.Close()
	if cause := context.Cause(ctx); cause != nil {
		return nil, fmt.Errorf("tor: open through SOCKS: %w", cause)
	}
	return nil, err
}

func socksNetwork(addr string) string {
	if strings.HasPrefix(addr, "/") {
		return "unix"
	}
	return "tcp"
}

// handshake speaks RFC 1928 and RFC 1929 as a client.
func handshake(conn net.Conn, isolation, host string, port int) error {
	if len(host) > 255 || len(isolation) > 255 || isolation == "" || port < 1 || port > 65535 {
		return errors.New("tor: malformed destination")
	}
	greeting := []byte{5, 1, 2}
	if err := exchange(conn, greeting, []byte{5, 2}); err != nil {
		return err
	}
	login := append([]byte{1, byte(len(isolation))}, isolation...)
	login = append(login, 1, '-')
	if err := exchange(conn, login, []byte{1, 0}); err != nil {
		return err
	}
	request := append([]byte{5, 1, 0, 3, byte(len(host))}, host...)
	request = binary.BigEndian.AppendUint16(request, uint16(port))
	if _, err := conn.Write(request); err != nil {
		return fmt.Errorf("%w: %w", errProxy, err)
	}
	return readReply(conn)
}

// exchange sends a message and expects this answer.
func exchange(conn net.Conn, message, want []byte) error {
	if _, err := conn.Write(message); err != nil {
		return fmt.Errorf("%w: %w", errProxy, err)
	}
	got := make([]byte, len(want))
	if _, err := io.ReadFull(conn, got); err != nil {
		return fmt.Errorf("%w: %w", errProxy, err)
	}
	if string(got) != string(want) {
		return fmt.Errorf("%w: unexpected answer", errProxy)
	}
	return nil
}

// readReply reads the answer to CONNECT, with the bound address that nobody
// needs.
func readReply(conn net.Conn) error {
	var head [4]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return fmt.Errorf("%w: %w", errProxy, err)
	}
	if head[1] != 0 {
		return SOCKSError(head[1])
	}
	rest := 0
	switch head[3] {
	case 1:
		rest = net.IPv4len
	case 4:
		rest = net.IPv6len
	case 3:
		var n [1]byte
		if _, err := io.ReadFull(conn, n[:]); err != nil {
			return fmt.Errorf("%w: %w", errProxy, err)
		}
		rest = int(n[0])
	}
	if _, err := io.CopyN(io.Discard, conn, int64(rest)+2); err != nil {
		return fmt.Errorf("%w: %w", errProxy, err)
	}
	return nil
}
