package tor_test

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onionbot/services"
	"onionbot/tor"
)

// answers reports whether the server behind an open connection answers.
func answers(conn net.Conn) bool {
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		return false
	}
	n, _ := conn.Read(make([]byte, 8))
	return n > 0
}

func TestVisitorWithTooManyConnectionsIsCutAndOthersGetIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	seen := filepath.Join(w.shared(), "rend")
	w.options.TorrcInclude = append(w.options.TorrcInclude, "Log [rend]debug file "+seen)
	p := w.open()
	spec := w.spec(w.serve())
	w.publish(p, spec)
	w.probe(p, spec)
	visitor, err := visitorsTor()
	if err != nil {
		t.Fatal(err)
	}
	enter := func(who string) (net.Conn, error) {
		conn, err := tor.DialSOCKS(w.ctx(), visitor.SOCKSAddr(), w.Name()+who, spec.Onion.Address, 80)
		if err == nil {
			t.Cleanup(func() { _ = conn.Close() })
		}
		return conn, err
	}
	var held []net.Conn
	for range 32 {
		conn, err := enter("greedy")
		if err != nil {
			t.Fatalf("connection %d: %v", len(held)+1, err)
		}
		held = append(held, conn)
	}
	other, err := enter("modest")
	if err != nil || !answers(other) {
		t.Errorf("another visitor, while 32 connections are open: %v", err)
	}
	if _, err := enter("greedy"); err == nil {
		t.Error("a 33rd connection was let in")
	}
	for i, conn := range held {
		if _ = conn.SetDeadline(time.Now().Add(20 * time.Second)); i < 3 {
			if _, err := conn.Read(make([]byte, 1)); err == nil || os.IsTimeout(err) {
				t.Errorf("connection %d of the one who wanted too many stays open: %v", i+1, err)
			}
		}
	}
	if other, err = enter("modest"); err != nil || !answers(other) {
		t.Errorf("another visitor afterwards: %v", err)
	}
	if err := p.Probe(w.ctx(), spec.Onion, 80, services.ProbeHTTP); err != nil {
		t.Errorf("probe afterwards: %v", err)
	}
	for _, h := range p.Health(w.ctx()) {
		if !h.ProofOfWork {
			t.Errorf("%s has no proof of work", h.Name)
		}
	}
	w.eventually("visitors read in the descriptor what work they may be asked for", func() bool {
		text, err := os.ReadFile(seen)
		return err == nil && strings.Contains(string(text), "PoW params present in descriptor")
	})
}
