package shim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"onionbot/services/shim/selftest"
)

// Where things are inside the container.
const (
	Program       = "/onion/onionbot" // the shim itself
	AppProgram    = "/onion/app"      // onionbot's own apps, where the definition names one
	SocketDir     = "/onion/sock"     // writable until the runtime seals it
	ControlDir    = "/onion/control"  // read-only: DeadlineFile, until.txt, authorized_keys
	PrivateDir    = "/onion/private"  // tmpfs for the files of a go request
	DeadlineFile  = "deadline"        // unix milliseconds, replaced by rename
	ControlSocket = "shim.sock"       // takes requests
	InwardSocket  = "inward.sock"     // leads the bot, and nobody else, to a port of the app's
	ReportFile    = "report"          // made by the runtime in SocketDir, kept by the shim; see [Report]
)

// Bounds of one exchange, held on both sides.
const (
	MaxRequest  = 64 << 10
	MaxResponse = 16 << 10
)

// Op is what a request asks for.
type Op string

// The requests.
const (
	OpGo     Op = "go"     // start the app; repeating it is harmless
	OpStatus Op = "status" // how is it
	OpArm    Op = "arm"    // count visits and idle time from now on
)

// Request is sent to the control socket: one JSON object per connection, at
// most [MaxRequest] bytes, ended by closing the sending side.
type Request struct {
	Op Op  `json:"op"`
	Go *Go `json:"go,omitempty"`
}

// Go tells the shim what to start, as whom, and by which rules to end.
type Go struct {
	Command     []string      `json:"command"`
	User        *User         `json:"user,omitempty"` // nil: as the shim itself, which tests do
	Env         []string      `json:"env,omitempty"`
	Dir         string        `json:"dir,omitempty"` // where the app starts; "" for the root
	Files       []File        `json:"files,omitempty"`
	Idle        time.Duration `json:"idle,omitempty"`        // end after this long without a visitor; 0 = never
	MaxVisits   int           `json:"max,omitempty"`         // end after this many visits; 0 = unlimited
	Visits      int           `json:"visits,omitempty"`      // counted already, in an earlier container
	Burst       time.Duration `json:"burst,omitempty"`       // connections closer than this are one visit
	Shutdown    time.Duration `json:"shutdown,omitempty"`    // how long the app may take to end
	Armed       bool          `json:"armed,omitempty"`       // count from the start
	Events      bool          `json:"events,omitempty"`      // the app gets a pipe to tell what happens; see package events
	ByEvents    bool          `json:"by_events,omitempty"`   // what it counts there are the visits, not connections
	Connections int           `json:"connections,omitempty"` // open at once at most; 0 = as many as the shim can hold

	Host *selftest.Host `json:"host,omitempty"` // what the app must not reach; goes with User
}

// User is whom the app runs as.
type User struct {
	UID  uint32   `json:"uid"`
	GID  uint32   `json:"gid"`
	Caps []string `json:"caps,omitempty"` // capabilities it keeps, without CAP_; all that the shim has beside its own four, and these of the four
}

// File is written before the app starts, for the app's group to read.
type File struct {
	Path string `json:"path"` // absolute, in a tmpfs
	Data []byte `json:"data"`
}

// Response is the answer to any request, at most [MaxResponse] bytes.
type Response struct {
	Error   string   `json:"error,omitempty"`   // a short sentence; "" when it was done
	Reached []string `json:"reached,omitempty"` // why a go request was refused: what the app would have reached
	Status  Status   `json:"status"`
}

// Status is how the shim and its app are. Times are unix milliseconds, 0 if
// there is none.
type Status struct {
	Going     bool  `json:"going"` // a go request was carried out
	Ready     bool  `json:"ready"` // the app accepts connections
	Armed     bool  `json:"armed"`
	Visits    int   `json:"visits"`
	News      int   `json:"news,omitempty"` // how often the app has told that there is something new
	Active    int   `json:"active"`         // open connections
	LastVisit int64 `json:"last_visit,omitempty"`
	Deadline  int64 `json:"deadline"`
	Started   int64 `json:"started,omitempty"`

	Tested time.Duration `json:"tested,omitempty"` // how long the self-test took
}

// Port joins an onion port's socket to a port on the container's loopback.
type Port struct {
	Onion int
	App   int
}

// SocketName is the name of an onion port's socket.
func SocketName(onionPort int) string { return strconv.Itoa(onionPort) + ".sock" }

// Arg is the port as an argument of the shim: "80:8080".
func (p Port) Arg() string { return fmt.Sprintf("%d:%d", p.Onion, p.App) }

// InwardArg is an argument of the shim that names the app's port for the bot:
// "inward:8081".
func InwardArg(app int) string { return fmt.Sprintf("%s%d", inwardPrefix, app) }

const inwardPrefix = "inward:"

// parseRequest reads a request and checks it.
func parseRequest(r io.Reader) (*Request, error) {
	var req Request
	if err := decode(r, MaxRequest, &req); err != nil {
		return nil, err
	}
	switch req.Op {
	case OpStatus, OpArm:
		return &req, nil
	case OpGo:
		return &req, req.Go.check()
	}
	return nil, errors.New("unknown request")
}

func (g *Go) check() error {
	switch {
	case g == nil || len(g.Command) == 0 || g.Command[0] == "":
		return errors.New("nothing to start")
	case g.User != nil && g.Host == nil:
		return errors.New("nothing to test before the start")
	case g.Dir != "" && !strings.HasPrefix(g.Dir, "/") || strings.ContainsRune(g.Dir, 0):
		return errors.New("the app's directory is not absolute")
	case g.Idle < 0 || g.MaxVisits < 0 || g.Visits < 0 || g.Burst < 0 || g.Shutdown < 0 || g.Connections < 0:
		return errors.New("negative rule")
	}
	for _, s := range append(append([]string{}, g.Command...), g.Env...) {
		if strings.ContainsRune(s, 0) {
			return errors.New("zero byte in a word")
		}
	}
	for _, f := range g.Files {
		if !strings.HasPrefix(f.Path, "/") || strings.ContainsRune(f.Path, 0) {
			return errors.New("file path is not absolute")
		}
	}
	return nil
}

// decode reads exactly one JSON object of at most limit bytes, up to the end.
func decode(r io.Reader, limit int, into any) error {
	b, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err != nil {
		return err
	}
	if len(b) > limit {
		return fmt.Errorf("message over the limit of %d bytes", limit)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("message: %w", err)
	}
	if dec.More() {
		return errors.New("message: more than one object")
	}
	return nil
}
