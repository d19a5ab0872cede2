package bench

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const many = 50 // live onions

// BenchmarkRestart50 kills the bot with SIGKILL while 50 sites are visited
// without a pause, and starts it again. It reports the time until a command is
// answered, and the visits that failed.
func BenchmarkRestart50(b *testing.B) {
	o := newBot(b, setting{tors: 4, hold: time.Minute})
	v := visitAll(b, o.beginMany(many))
	var answers samples
	for b.Loop() {
		for range 5 {
			time.Sleep(3 * time.Second)
			o.kill()
			time.Sleep(time.Second)
			answers = append(answers, o.start())
		}
		time.Sleep(3 * time.Second)
	}
	v.end()
	report(b, answers)
	b.ReportMetric(ms(answers.quantile(1)), "slowest-ms")
	b.ReportMetric(float64(v.ok.Load()), "visits")
	b.ReportMetric(float64(v.failed.Load()), "failed-visits")
}

// BenchmarkTorCrash50 kills one tor of the pool with SIGKILL. It reports the
// time until each address of the 50 opens again for a visitor that has not
// been there.
func BenchmarkTorCrash50(b *testing.B) {
	o := newBot(b, setting{tors: 4, hold: time.Minute})
	onions := o.beginMany(many)
	var ours samples
	for b.Loop() {
		for range 3 {
			pid := o.tors()[0]
			began := time.Now()
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				b.Fatal(err)
			}
			time.Sleep(time.Second) // noticed, before the rows are believed
			o.await("all reachable", "SELECT count(*) FROM instances WHERE state = 'reachable' AND desired = 'running'", many)
			said := time.Since(began)
			ctx, cancel := context.WithTimeout(b.Context(), patience)
			if err := each(many, 10, func(i int) error { return visitUntil(ctx, onions[i]) }); err != nil {
				b.Fatal(err)
			}
			cancel()
			b.Logf("the bot said so after %v, visited after %v", said, time.Since(began))
			ours = append(ours, said)
			settle()
		}
	}
	report(b, ours)
	b.ReportMetric(ours.quantile(1).Seconds(), "slowest-s")
}

// beginMany starts n sites at the same time.
func (o *bot) beginMany(n int) []string {
	o.b.Helper()
	onions := make([]string, n)
	err := each(n, n, func(i int) error {
		a, err := o.begin(fmt.Sprint("m", i))
		onions[i] = a.address()
		return err
	})
	if err != nil {
		o.b.Fatalf("%v\n%s", err, o.log)
	}
	return onions
}

// visitors come to every address again and again.
type visitors struct {
	ok, failed atomic.Int64
	cancel     context.CancelFunc
	wg         sync.WaitGroup
}

func visitAll(b *testing.B, onions []string) *visitors {
	ctx, cancel := context.WithCancel(b.Context())
	v := &visitors{cancel: cancel}
	for i, onion := range onions {
		v.wg.Go(func() {
			for ctx.Err() == nil {
				vctx, done := context.WithTimeout(ctx, 30*time.Second)
				err := visitAs(vctx, fmt.Sprint("all", i), onion)
				done()
				switch {
				case err == nil:
					v.ok.Add(1)
				case ctx.Err() == nil:
					v.failed.Add(1)
					b.Logf("a visit failed: %v", err)
				}
				time.Sleep(200 * time.Millisecond) // a visitor, not a flood
			}
		})
	}
	return v
}

func (v *visitors) end() {
	v.cancel()
	v.wg.Wait()
}
