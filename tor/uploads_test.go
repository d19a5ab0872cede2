package tor_test

import (
	"net"
	"net/textproto"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/cretz/bine/control"

	"onionbot/tor"
)

// uploadCircuits counts the circuits of a managed tor that bring, or have
// brought, a descriptor to a directory.
func (w *world) uploadCircuits(name string) int {
	w.Helper()
	conn, err := net.Dial("unix", filepath.Join(w.options.StateDir, name, "run", "control"))
	if err != nil {
		w.Fatal(err)
	}
	defer conn.Close()
	c := control.NewConn(textproto.NewConn(conn))
	if err := c.Authenticate(""); err != nil {
		w.Fatal(err)
	}
	info, err := c.GetInfo("circuit-status")
	if err != nil {
		w.Fatal(err)
	}
	return strings.Count(info[0].Val, "PURPOSE=HS_SERVICE_HSDIR")
}

func publishTogether(w *world, p *tor.Pool, n int) {
	w.Helper()
	target := w.serve()
	var all sync.WaitGroup
	for range n {
		spec := w.spec(target)
		all.Go(func() {
			if err := p.Publish(w.ctx(), spec); err != nil {
				w.Errorf("publish: %v", err)
			}
		})
	}
	all.Wait()
}

func TestCrowdLeavesFewUploadCircuits(t *testing.T) {
	w := newWorld(t, 1)
	p := w.open()
	publishTogether(w, p, 1)
	alone := w.uploadCircuits("t1")
	if alone == 0 {
		t.Fatal("an onion alone left no circuits: they were closed although nobody else needs the tor")
	}
	const many = 18
	publishTogether(w, p, many)
	if got := w.uploadCircuits("t1"); got > many*alone/2 {
		t.Errorf("%d onions left %d circuits; one alone leaves %d", many, got, alone)
	}
}
