package console

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"onionbot/services"
)

// The names under which the console appears in routes and in the directory.
const (
	Network = "console"
	Account = "local"
)

// maxFrame bounds a line of the protocol.
const maxFrame = 1 << 20

// frame is one line of the protocol.
type frame struct {
	Type string `json:"type"`

	// hello, from the client: whether it stays ("chat") or asks once ("ctl").
	Mode string `json:"mode,omitempty"`
	// file, from the client, before the command it belongs to.
	Name string `json:"name,omitempty"`
	Size int64  `json:"size,omitempty"`
	// command, from the client; accepted and reply, from the server: its number.
	Command int    `json:"command,omitempty"`
	Text    string `json:"text,omitempty"`

	// reply, from the server.
	Kind     services.Kind `json:"kind,omitempty"`
	Instance string        `json:"instance,omitempty"`
	QR       string        `json:"qr,omitempty"`
	Pending  bool          `json:"pending,omitempty"`
	Error    bool          `json:"error,omitempty"`

	// overview, from the client: whether onion addresses are wanted; from the
	// server: the answer.
	Addresses bool      `json:"addresses,omitempty"`
	Overview  *Overview `json:"overview,omitempty"`
}

// The types of frame.
const (
	typeHello    = "hello"
	typeFile     = "file"
	typeCommand  = "command"
	typeAccepted = "accepted"
	typeRefused  = "refused" // the command was not taken; Text says why
	typeReply    = "reply"
	typeOverview = "overview"
)

const (
	modeChat = "chat"
	modeCtl  = "ctl"
)

var errLongFrame = errors.New("a line is too long")

// readFrame reads one line.
func readFrame(r *bufio.Reader) (frame, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxFrame {
			return frame{}, errLongFrame
		}
		if err == nil {
			break
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return frame{}, err
		}
	}
	var f frame
	if err := json.Unmarshal(bytes.TrimSpace(line), &f); err != nil {
		return frame{}, fmt.Errorf("frame: %w", err)
	}
	return f, nil
}

func (f frame) encode() ([]byte, error) {
	b, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("frame: %w", err)
	}
	return append(b, '\n'), nil
}
