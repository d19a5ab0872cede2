package shim

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCallAndAnswer(t *testing.T) {
	dir := t.TempDir()
	l, err := bind(dir, ControlSocket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	asked := make(chan *Request, 1)
	go serveControl(l, func(r *Request) Response {
		asked <- r
		return Response{Status: Status{Going: true, Visits: 7}}
	})
	req := Request{Op: OpGo, Go: &Go{Command: []string{"app"}, Idle: time.Minute, Files: []File{{Path: "/k", Data: []byte{1}}}}}
	s, err := Call(t.Context(), filepath.Join(dir, ControlSocket), req)
	if err != nil || !s.Going || s.Visits != 7 {
		t.Fatalf("status %+v, %v", s, err)
	}
	if diff := cmp.Diff(&req, <-asked); diff != "" {
		t.Error(diff)
	}
}

// A container's answers are hostile.
func TestCallBelievesNoNonsense(t *testing.T) {
	for name, answer := range map[string]string{
		"huge":      `{"error":"` + strings.Repeat("x", MaxResponse) + `"}`,
		"garbage":   "\x00\x01",
		"empty":     "",
		"negative":  `{"status":{"visits":-1}}`,
		"far":       `{"status":{"deadline":9223372036854775807}}`,
		"two":       `{"status":{}}{"status":{}}`,
		"unknown":   `{"status":{},"run":"me"}`,
		"a refusal": `{"error":"no","status":{}}`,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.sock")
			l, err := net.Listen("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				if c, err := l.Accept(); err == nil {
					_, _ = c.Write([]byte(answer))
					_ = c.Close()
				}
			}()
			if s, err := Call(t.Context(), path, Request{Op: OpStatus}); err == nil {
				t.Errorf("believed %+v", s)
			}
		})
	}
}

func TestCallGivesUpOnASilentContainer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := Call(ctx, path, Request{Op: OpStatus}); err == nil {
		t.Error("no error")
	}
}

func FuzzRequest(f *testing.F) {
	f.Add([]byte(`{"op":"status"}`))
	f.Add([]byte(`{"op":"go","go":{"command":["a"],"files":[{"path":"/x","data":"AA=="}]}}`))
	f.Add([]byte(`{"op":"go","go":{"command":[],"idle":-1}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		req, err := parseRequest(bytes.NewReader(b))
		if err != nil {
			return
		}
		if req.Op == OpGo && (len(req.Go.Command) == 0 || req.Go.MaxVisits < 0 || req.Go.Idle < 0) {
			t.Fatalf("accepted %s", b)
		}
		again, err := json.Marshal(req)
		if err != nil {
			t.Fatal(err)
		}
		if len(again) > MaxRequest {
			return
		}
		back, err := parseRequest(bytes.NewReader(again))
		if err != nil || !cmp.Equal(req, back, cmp.Transformer("json", func(r *Request) string { b, _ := json.Marshal(r); return string(b) })) {
			t.Fatalf("%s does not survive a round trip: %v", again, err)
		}
	})
}

func TestPortsAreChecked(t *testing.T) {
	for _, bad := range []string{"", "80", "80:", ":80", "0:80", "80:0", "80:70000", "a:b", "80:80:80", "-1:5"} {
		if p, err := parsePorts([]string{bad}); err == nil {
			t.Errorf("%q gave %v", bad, p)
		}
	}
	got, err := parsePorts([]string{"80:8080", "22:2222"})
	if diff := cmp.Diff([]Port{{80, 8080}, {22, 2222}}, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}
