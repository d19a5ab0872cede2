package bench

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

// The bursts give all commands at once and wait until each address was opened
// through Tor. The floor is the slower of as many bare containers, at the best
// parallelism, and as many bare publications on four tors, at most eight
// unpublished on each; each has the machine for itself, and no address is
// opened. "both" is the two at the same time, as a bot has to do it. The rival
// gives one tor all onions at once.

func BenchmarkBurst10(b *testing.B)  { burst(b, 10) }
func BenchmarkBurst30(b *testing.B)  { burst(b, 30) }
func BenchmarkBurst100(b *testing.B) { burst(b, 100) }
func BenchmarkBurst300(b *testing.B) { burst(b, 300) }

const burstTors = 4

func burst(b *testing.B, n int) {
	var ours, floor, both, rival samples
	var least ground
	var seen load
	var published int
	for b.Loop() {
		least = burstFloor(b, n)
		floor, both = append(floor, least.slower), append(both, least.together)
		var took time.Duration
		took, seen = burstBot(b, n)
		ours = append(ours, took)
		published, took = burstRival(b, n)
		rival = append(rival, took)
	}
	report(b, ours)
	beside(b, "floor", ours, floor)
	beside(b, "both", ours, both)
	beside(b, "rival", ours, rival)
	b.ReportMetric(float64(least.alone), "floor-published")
	b.ReportMetric(float64(least.beside), "both-published")
	b.ReportMetric(float64(published), "rival-published")
	b.ReportMetric(float64(seen.verified), "verified")
	b.ReportMetric(seen.botMB, "bot-MB")
	b.ReportMetric(seen.torMB/float64(n), "tor-MB/onion")
}

// ground is what the floors of a burst took. Publications that are not done
// when patience is over have not been done: the counts tell.
type ground struct {
	slower, together time.Duration
	alone, beside    int // onions published, with the machine to themselves and beside containers
}

func burstFloor(b *testing.B, n int) (g ground) {
	setUp(b)
	hosts := startHosts(b, burstTors)
	defer stopHosts(hosts)
	parallel := bestParallel(b)
	containers, remove := runMany(b, n, parallel)
	remove()
	var onions time.Duration
	g.alone, onions = publishPaced(b, hosts, n)
	g.slower = max(containers, onions)
	b.Logf("floor of %d: containers %v (%d at a time), onions %v", n, containers, parallel, onions)
	removeOnions(b, hosts)
	settle()
	began := time.Now()
	var wg sync.WaitGroup
	wg.Go(func() { g.beside, _ = publishPaced(b, hosts, n) })
	_, remove = runMany(b, n, parallel)
	wg.Wait()
	g.together = time.Since(began)
	remove()
	return g
}

func burstRival(b *testing.B, n int) (published int, took time.Duration) {
	hosts := startHosts(b, 1)
	defer stopHosts(hosts)
	return publishAtOnce(b, hosts[0], n)
}

// load is what was seen when a burst was over.
type load struct {
	verified int
	botMB    float64
	torMB    float64 // of all tors of the bot, more than before
}

// burstBot starts n sites at once and returns how long it took until the last
// was verified.
func burstBot(b *testing.B, n int) (took time.Duration, seen load) {
	o := newBot(b, setting{tors: burstTors, hold: 2 * time.Second})
	defer o.remove()
	settle()
	before := o.torMB()
	began := time.Now()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			a, err := o.begin(fmt.Sprint("n", i))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				b.Logf("start %d: %v", i, err)
				return
			}
			seen.verified++
			took = max(took, a.reachable)
		})
	}
	wg.Wait()
	if seen.verified < n {
		took = time.Since(began)
	}
	seen.torMB, seen.botMB = o.torMB()-before, residentMB(b, o.cmd.Process.Pid)
	return took, seen
}

// torMB is the memory of all tors of the bot.
func (o *bot) torMB() (total float64) {
	for _, pid := range o.tors() {
		total += residentMB(o.b, pid)
	}
	return total
}
