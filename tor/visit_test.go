package tor

import (
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"onionbot/services"
)

// flood writes the block to whoever visits, with a pause after each, until the
// visitor has gone, and counts the bytes that he took.
func flood(conn net.Conn, block string, rest time.Duration) *atomic.Int64 {
	sent := new(atomic.Int64)
	go func() { _, _ = io.Copy(io.Discard, conn) }()
	go func() {
		for {
			n, err := io.WriteString(conn, block)
			sent.Add(int64(n))
			if err != nil {
				return
			}
			time.Sleep(rest)
		}
	}()
	return sent
}

func TestHostileServerCannotFillOrHoldAProbe(t *testing.T) {
	for name, c := range map[string]struct {
		kind  services.ProbeKind
		block string
		rest  time.Duration
	}{
		"ssh, many lines":   {services.ProbeSSH, strings.Repeat("x\n", 1000), 0},
		"ssh, long lines":   {services.ProbeSSH, strings.Repeat("x", 255) + "\n", 0},
		"ssh, endless line": {services.ProbeSSH, strings.Repeat("x", 1000), 0},
		"ssh, drop by drop": {services.ProbeSSH, "x", time.Second},
		"ssh, slow lines":   {services.ProbeSSH, "x\n", time.Second},
		"http, endless":     {services.ProbeHTTP, strings.Repeat("x", 1000), 0},
		"http, slow":        {services.ProbeHTTP, "x", time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := net.Pipe()
				sent, began := flood(theirs, c.block, c.rest), time.Now()
				err := greet(t.Context(), ours, "a.onion", c.kind)
				if err == nil || errors.Is(err, errTurnedAway) {
					t.Errorf("greet = %v", err)
				}
				if took := time.Since(began); took > answerTime {
					t.Errorf("held for %v", took)
				}
				ours.Close()
				time.Sleep(2 * c.rest) // the server notices
				synctest.Wait()
				if n := sent.Load(); n > 8<<10 {
					t.Errorf("took %d bytes", n)
				}
			})
		})
	}
}
