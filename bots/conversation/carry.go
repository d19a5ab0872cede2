package conversation

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"onionbot/bots"
	"onionbot/bots/reply"
	"onionbot/services"
)

// Asker asks the app of an instance; a [services.Runtime] is one.
type Asker interface {
	Ask(ctx context.Context, id, method, path string, most int64) (io.ReadCloser, error)
}

const (
	maxFileName  = 1 << 10  // bytes of a name, as an app hands it out
	slowestCarry = 16 << 10 // bytes per second, at which a file must get through
	carryRoom    = 2        // files on their way at the same time, per network
)

// carrier is the adapter of a network that carries files; nil for the others.
func (b *Outbox) carrier(network string) bots.Carrier {
	c, _ := b.adapters[network].(bots.Carrier)
	return c
}

// uncarried reports whether a notice is a file that its network cannot carry.
// Its owner has a link.
func (b *Outbox) uncarried(n *services.Notice) bool {
	if !n.Carried() {
		return false
	}
	c := b.carrier(n.To.Network)
	size, err := strconv.ParseInt(n.Args["size"], 10, 64)
	return c == nil || b.o.Apps == nil || err != nil || size <= 0 || size > c.CarriesUpTo()
}

// told is the notice with what its network makes of it.
func (b *Outbox) told(n *services.Notice) *services.Notice {
	if b.carrier(n.To.Network) == nil || b.o.Apps == nil {
		return n
	}
	return reply.Carried(n)
}

// file is what a notice carries; nil for nothing.
func (b *Outbox) file(n *services.Notice) *bots.File {
	if !n.Carried() {
		return nil
	}
	size, _ := strconv.ParseInt(n.Args["size"], 10, 64) // looked at before
	container, path := n.Args["container"], n.Args["path"]
	return &bots.File{Size: size, Open: func(ctx context.Context) (string, io.ReadCloser, error) {
		body, err := b.o.Apps.Ask(ctx, container, http.MethodGet, path, size+maxFileName)
		if err != nil {
			return "", nil, err
		}
		name, err := firstLine(body)
		if err != nil {
			_ = body.Close()
			return "", nil, err
		}
		return plainName(name), body, nil
	}}
}

// firstLine reads up to the first newline, and no further.
func firstLine(from io.Reader) (string, error) {
	var line []byte
	b := make([]byte, 1)
	for len(line) < maxFileName {
		if _, err := io.ReadFull(from, b); err != nil {
			return "", err
		}
		if b[0] == '\n' {
			return string(line), nil
		}
		line = append(line, b[0])
	}
	return "", io.ErrUnexpectedEOF
}

// plainName makes sure of a name that the app of a service hands out as clean:
// a visitor may have taken it over.
func plainName(name string) string {
	name = strings.TrimLeft(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == utf8.RuneError || strings.ContainsRune(`/\:"<>|*?`, r) {
			return '_'
		}
		return r
	}, name), ".")
	if name == "" || len(name) > 255 {
		return "file"
	}
	return name
}

// patienceFor is how long one attempt may take.
func (b *Outbox) patienceFor(out *bots.Outgoing) time.Duration {
	if out.File == nil {
		return b.o.SendTimeout
	}
	return b.o.SendTimeout + time.Duration(out.File.Size/slowestCarry)*time.Second
}
