// Package server is what onionbot's own apps have in common: an HTTP server
// that tells nothing of its host, and that slow or hostile visitors do not
// keep from the others. How many of them there are at once is the shim's
// business; see limits.connections of a definition.
package server

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"
)

// The ports, on the container's own loopback.
const (
	Port       = "8080" // for visitors
	InwardPort = "8081" // for the bot alone
)

const (
	maxHeader    = 16 << 10         // bytes of a request's line and headers
	headerTime   = 20 * time.Second // for them; Tor is slow
	idleTime     = 60 * time.Second // between two requests of a connection
	stallTime    = 2 * time.Minute  // in which something must move, in either direction
	memoryTarget = 12 << 20         // bytes; beyond that memory is collected more often
)

// Options say what is served.
type Options struct {
	Visitors http.Handler
	Inward   http.Handler // what the bot may ask; nil for nothing
	Policy   string       // Content-Security-Policy of every answer
}

// Run serves until it is asked to end (SIGTERM), or cannot go on.
func Run(o Options) error {
	debug.SetMemoryLimit(memoryTarget)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	failed := make(chan error, 2)
	serve := func(port string, h http.Handler) error {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:"+port)
		if err != nil {
			return err
		}
		go func() { failed <- New(h, o.Policy).Serve(Listener(l)) }()
		return nil
	}
	// The visitors' port comes last: once it accepts, everything is there.
	if o.Inward != nil {
		if err := serve(InwardPort, o.Inward); err != nil {
			return err
		}
	}
	if err := serve(Port, o.Visitors); err != nil {
		return err
	}
	select {
	case err := <-failed:
		if errors.Is(err, http.ErrServerClosed) {
			return nil
		}
		return err
	case <-ctx.Done():
		return nil
	}
}

// New makes a server of the handler. It wants a [Listener].
func New(h http.Handler, policy string) *http.Server {
	return &http.Server{
		Handler:           discreet(h, policy),
		ReadHeaderTimeout: headerTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          log.New(io.Discard, "", 0),
		ConnContext:       keepConn,
		// An OPTIONS for the whole server would be answered with a time.
		DisableGeneralOptionsHandler: true,
	}
}

// discreet sees to it that no answer tells what time the host has, or leads a
// browser anywhere else.
func discreet(next http.Handler, policy string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["Date"] = nil
		h.Set("Content-Security-Policy", policy)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// Body bounds a request's body in bytes, and gives it up when nothing has come
// for too long.
func Body(w http.ResponseWriter, r *http.Request, most int64) io.Reader {
	return &patient{from: http.MaxBytesReader(w, r.Body, most), control: http.NewResponseController(w)}
}

// patient is a body that is waited for as long as something comes.
type patient struct {
	from    io.Reader
	control *http.ResponseController
}

func (p *patient) Read(b []byte) (int, error) {
	_ = p.control.SetReadDeadline(time.Now().Add(stallTime))
	return p.from.Read(b)
}
