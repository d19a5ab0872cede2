package console

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"onionbot/bots"
	"onionbot/services"
)

// session is one client that is connected.
type session struct {
	id   string
	mode string
	conn *net.UnixConn
	read *bufio.Reader

	mu      sync.Mutex
	seen    map[string]bool // keys of what it was told
	waits   map[string]bool // instances whose next word it waits for
	files   []spooled       // received, for the next command
	command int
}

// event is the raw form of a stored command.
type event struct {
	Session string    `json:"session"`
	Command int       `json:"command"`
	Text    string    `json:"text"`
	Files   []spooled `json:"files,omitempty"`
}

// writeLimit is how long a client may take to read a frame.
const writeLimit = 5 * time.Second

func newSession(conn *net.UnixConn) *session {
	return &session{
		id: rand.Text()[:12], conn: conn, read: bufio.NewReader(conn),
		seen: make(map[string]bool), waits: make(map[string]bool),
	}
}

// serve reads frames until the client goes.
func (s *session) serve(ctx context.Context, a *Adapter, keep bots.KeepFunc) error {
	defer func() { a.unspool(s.files) }()
	for {
		f, err := readFrame(s.read)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch f.Type {
		case typeHello:
			s.mu.Lock()
			s.mode = f.Mode
			s.mu.Unlock()
		case typeFile:
			err = s.receive(a, f)
		case typeCommand:
			err = s.take(ctx, keep, f)
		case typeOverview:
			err = s.overview(ctx, a, f)
		default:
			err = fmt.Errorf("a frame of type %q", f.Type)
		}
		if err != nil {
			return err
		}
	}
}

// receive spools a file that follows its frame.
func (s *session) receive(a *Adapter, f frame) error {
	if f.Size < 0 || f.Size > a.o.MaxFile || len(s.files) >= 16 {
		_ = s.write(frame{Type: typeRefused, Text: fmt.Sprintf("That file is too big: at most %d MiB.", a.o.MaxFile>>20), Error: true})
		return errors.New("a file is too big")
	}
	name := s.id + "-" + rand.Text()[:12]
	file, err := os.OpenFile(filepath.Join(a.o.Spool, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	s.files = append(s.files, spooled{Name: f.Name, Path: name, Size: f.Size})
	_, err = io.CopyN(file, s.read, f.Size)
	return errors.Join(err, file.Close())
}

// take stores a command before it says that it was accepted.
func (s *session) take(ctx context.Context, keep bots.KeepFunc, f frame) error {
	raw, err := json.Marshal(event{Session: s.id, Command: f.Command, Text: f.Text, Files: s.files})
	if err != nil {
		return fmt.Errorf("command: %w", err)
	}
	s.command++
	id := fmt.Sprintf("%s-%d", s.id, s.command)
	now := time.Now()
	err = keep(ctx, []services.Incoming{{Network: Network, ID: id, Raw: raw, SentAt: now, ReceivedAt: now}}, "")
	if err != nil {
		text := "The server could not store the command. Try again."
		if services.IsCode(err, services.CodeReadOnlyState) {
			text = "The server's disk refuses writes. Nothing was changed; the operator has to look at it."
		}
		_ = s.write(frame{Type: typeRefused, Command: f.Command, Text: text, Error: true})
		return err
	}
	s.files = nil
	return s.write(frame{Type: typeAccepted, Command: f.Command})
}

func (s *session) write(f frame) error {
	line, err := f.encode()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.conn.SetWriteDeadline(time.Now().Add(writeLimit))
	if _, err = s.conn.Write(line); err != nil {
		_ = s.conn.Close() // half a frame may be out: nothing more can follow
	}
	return err
}
