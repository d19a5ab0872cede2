package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"onionbot/bots"
	"onionbot/services"
)

// Receive serves clients until ctx ends.
func (a *Adapter) Receive(ctx context.Context, _ string, keep bots.KeepFunc) error {
	stop := context.AfterFunc(ctx, func() { _ = a.Close() })
	defer stop()
	var serving sync.WaitGroup
	defer serving.Wait()
	for {
		conn, err := a.listener.AcceptUnix()
		if err != nil {
			if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return fmt.Errorf("console closed: %w", err)
			}
			a.o.Log.Warn("console: accept", "error", err)
			select { // out of file descriptors, most likely: it must not spin
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
			continue
		}
		if err := sameUser(conn); err != nil {
			a.o.Log.Warn("console: refused", "error", err)
			_ = conn.Close()
			continue
		}
		serving.Go(func() { a.serve(ctx, conn, keep) })
	}
}

func (a *Adapter) serve(ctx context.Context, conn *net.UnixConn, keep bots.KeepFunc) {
	defer conn.Close()
	s := newSession(conn)
	a.mu.Lock()
	if a.closed {
		a.mu.Unlock()
		return
	}
	a.sessions[s.id] = s
	a.mu.Unlock()
	defer func() {
		a.mu.Lock()
		delete(a.sessions, s.id)
		a.mu.Unlock()
	}()
	if err := s.serve(ctx, a, keep); err != nil && ctx.Err() == nil {
		a.o.Log.Debug("console: session ended", "error", err)
	}
}

// sameUser lets in the bot's own user and root, whatever the socket's mode.
func sameUser(conn *net.UnixConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return fmt.Errorf("peer: %w", err)
	}
	var cred *syscall.Ucred
	var credErr error
	err = raw.Control(func(fd uintptr) {
		cred, credErr = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	if err = errors.Join(err, credErr); err != nil {
		return fmt.Errorf("peer: %w", err)
	}
	if uid := int(cred.Uid); uid != os.Getuid() && uid != 0 {
		return fmt.Errorf("peer has uid %d", uid)
	}
	return nil
}

// Decode turns a stored command into a message.
func (a *Adapter) Decode(_ context.Context, in services.Incoming) (*bots.Message, error) {
	var e event
	if err := json.Unmarshal(in.Raw, &e); err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	m := &bots.Message{
		Network: Network, ID: in.ID, Text: e.Text, SentAt: in.SentAt,
		From: bots.Identity{Account: Account, Handle: Account, Local: true},
		Route: services.Route{
			Network: Network, Account: Account, Chat: e.Session, ReplyTo: strconv.Itoa(e.Command),
		},
	}
	for _, f := range e.Files {
		m.Attachments = append(m.Attachments, bots.Attachment{
			Name: f.Name, Size: f.Size,
			Open: func(context.Context) (io.ReadCloser, error) { return a.open(f) },
		})
	}
	return m, nil
}

// Finished erases the files of a command that has been handled.
func (a *Adapter) Finished(in services.Incoming) {
	var e event
	if json.Unmarshal(in.Raw, &e) == nil {
		a.unspool(e.Files)
	}
}

// Send shows a reply to the session it belongs to, and news about an
// instance to everybody who would want to know. If nobody is connected it is
// dropped: the console has no memory.
func (a *Adapter) Send(_ context.Context, out bots.Outgoing) (string, error) {
	f := frame{
		Type: typeReply, Kind: out.Kind, Instance: out.Instance, Text: out.Reply.Text, QR: out.Reply.QR,
		Pending: out.Reply.Pending, Error: out.Reply.Error,
	}
	for _, s := range a.audience(out) {
		g := f
		if s.id == out.To.Chat {
			g.Command, _ = strconv.Atoi(out.To.ReplyTo)
		}
		if err := s.tell(g, out.Key); err != nil {
			a.o.Log.Debug("console: client does not read", "error", err)
		}
	}
	return strings.ReplaceAll(out.Key, " ", "_"), nil
}

func (a *Adapter) audience(out bots.Outgoing) []*session {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []*session
	for _, s := range a.sessions {
		if s.id == out.To.Chat || news(out.Kind) && s.wants(out.Instance) {
			all = append(all, s)
		}
	}
	return all
}

// news reports whether a notice tells what happened by itself, not what
// somebody said.
func news(k services.Kind) bool {
	switch k {
	case services.KindReply, services.KindStarted, services.KindExtended, services.KindAdmitted, services.KindStopping, services.KindContent:
		return false
	}
	return true
}

// wants reports whether a session hears of an instance that it did not start:
// a prompt always, a single command while it waits for it.
func (s *session) wants(instance string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return instance != "" && (s.mode == modeChat || s.waits[instance])
}

// tell writes a reply once.
func (s *session) tell(f frame, key string) error {
	s.mu.Lock()
	again := s.seen[key]
	s.seen[key] = true
	if f.Instance != "" {
		s.waits[f.Instance] = f.Pending
	}
	s.mu.Unlock()
	if again {
		return nil
	}
	return s.write(f)
}
