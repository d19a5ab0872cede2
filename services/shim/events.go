package shim

import (
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"

	"onionbot/services/app/events"
)

// eventsPause is the least time between two readings of what an app tells: one
// that never stops telling costs little.
const eventsPause = 20 * time.Millisecond

// listen gives the app that is about to start a pipe on which it can tell what
// happens, and returns the app's end. What comes is read for as long as
// somebody has that end.
func (p *process) listen(g *Go, attr *syscall.ProcAttr) (*os.File, error) {
	r, end, err := pipe()
	if err != nil {
		return nil, err
	}
	attr.Env = append(slices.Clone(attr.Env), fmt.Sprintf("%s=%d", events.EnvPipe, len(attr.Files)))
	attr.Files = append(attr.Files, end.Fd())
	if g.ByEvents && g.MaxVisits > 0 {
		attr.Env = append(attr.Env, fmt.Sprintf("%s=%d", events.EnvLeft, max(0, g.MaxVisits-g.Visits)))
	}
	go func() {
		defer r.Close()
		_ = events.Read(r, func(t events.Tally) {
			if p.told != nil {
				p.told(t)
			}
			time.Sleep(eventsPause)
		})
	}()
	return end, nil
}

// take notes what the app has told. What is counted is written down before
// anything comes of it.
func (s *supervisor) take(t events.Tally) {
	s.ledger.count(t, s.clock.now())
	s.save()
	s.wake()
}
