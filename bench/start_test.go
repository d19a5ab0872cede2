package bench

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"onionbot/services/shim"
)

const rounds = 7 // samples of what takes a second or two

// BenchmarkColdStart is a command in, without an address published ahead, to
// the answer that the address was opened through Tor. The floor is a bare
// container and a bare ADD_ONION started together, to the first visit. The
// rival, where it is installed, is onionshare-cli on a tor of the same network.
func BenchmarkColdStart(b *testing.B) {
	setUp(b)
	h := startHosts(b, 1)[0]
	o := newBot(b, setting{tors: 2, hold: time.Minute})
	_, missing := exec.LookPath("onionshare-cli")
	var ours, floor, rival, tests samples
	for b.Loop() {
		for i := range rounds {
			floor = append(floor, h.coldFloor(b))
			a := o.mustBegin(fmt.Sprint("c", i))
			ours = append(ours, a.reachable)
			tests = append(tests, o.selfTest())
			o.stopAll()
			if missing == nil {
				rival = append(rival, h.onionShare(b))
			}
		}
	}
	report(b, ours)
	beside(b, "floor", ours, floor)
	beside(b, "rival", ours, rival)
	// Descriptors go out at tor's own beat: every few starts take a second more, and
	// which half of a handful has more of them is chance. The fastest quarter has none.
	b.ReportMetric(float64(ours.quantile(0.25))/float64(floor.quantile(0.25)), "p25-x-floor")
	b.ReportMetric(ms(tests.median()), "selftest-ms")
	b.ReportMetric(100*float64(tests.median())/float64(floor.median()), "selftest-%-of-floor")
}

// selfTest is how long the one container that runs took to try what it would
// reach of the host, before its app was started.
func (o *bot) selfTest() time.Duration {
	o.b.Helper()
	sockets, err := filepath.Glob(filepath.Join(o.dir, "run", "i", "*", shim.ControlSocket))
	if err != nil || len(sockets) != 1 {
		o.b.Fatalf("%d containers (%v)", len(sockets), err)
	}
	ctx, cancel := context.WithTimeout(o.b.Context(), patience)
	defer cancel()
	s, err := shim.Call(ctx, sockets[0], shim.Request{Op: shim.OpStatus})
	if err != nil {
		o.b.Fatal(err)
	}
	return s.Tested
}

// BenchmarkWarmStart is a command in, with an address published ahead, to the
// answer that it was opened through Tor. The floor is a bare container behind
// an onion that is published, to the first visit.
func BenchmarkWarmStart(b *testing.B) {
	setUp(b)
	h := startHosts(b, 1)[0]
	o := newBot(b, setting{tors: 2, hold: time.Minute, warm: true})
	var ours, floor samples
	for b.Loop() {
		for i := range rounds {
			floor = append(floor, h.warmFloor(b))
			if i > 0 { // a bot that starts sees at once that a warm address is missing
				o.kill()
				o.start()
			}
			o.awaitWarm()
			settle()
			a := o.mustBegin(fmt.Sprint("w", i))
			ours = append(ours, a.reachable)
			o.stopAll()
		}
	}
	report(b, ours)
	beside(b, "floor", ours, floor)
}

// BenchmarkReply is a command in to the first answer with the address, 20
// times over while 20 other starts are under way each time.
func BenchmarkReply(b *testing.B) {
	o := newBot(b, setting{tors: 4})
	var ours samples
	for b.Loop() {
		for round := range 5 {
			var wg sync.WaitGroup
			for i := range 20 {
				wg.Go(func() { _, _ = o.begin(fmt.Sprintf("busy%d-%d", round, i)) })
			}
			time.Sleep(100 * time.Millisecond) // the 20 are in
			var mu sync.Mutex
			for i := range 20 {
				wg.Go(func() {
					a := o.say(fmt.Sprintf("start site as r%d-%d for 1h", round, i))
					mu.Lock()
					defer mu.Unlock()
					ours = append(ours, a.first)
				})
				time.Sleep(50 * time.Millisecond) // people do not type at once
			}
			wg.Wait()
			o.stopAll()
		}
	}
	report(b, ours)
	b.ReportMetric(ms(ours.quantile(0.5)), "p50-ms")
	b.ReportMetric(ms(ours.quantile(0.99)), "p99-ms")
}

func (o *bot) mustBegin(name string) answer {
	o.b.Helper()
	a, err := o.begin(name)
	if err != nil {
		o.b.Fatalf("%v\n%s", err, o.log)
	}
	return a
}
