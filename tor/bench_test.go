package tor_test

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

// BenchmarkOne measures one publication on an idle pool: until its descriptor
// is uploaded, and until it was opened through another tor.
func BenchmarkOne(b *testing.B) {
	w := newWorld(b, 4)
	p := w.open()
	target := w.serve()
	var published, opened time.Duration
	for b.Loop() {
		spec := w.spec(target)
		began := time.Now()
		w.publish(p, spec)
		published += time.Since(began)
		w.probe(p, spec)
		opened += time.Since(began)
	}
	b.ReportMetric(published.Seconds()/float64(b.N), "s-published")
	b.ReportMetric(opened.Seconds()/float64(b.N), "s-opened")
}

// BenchmarkHundred measures a rush of 100 onions on four tors, with windows of
// several widths.
func BenchmarkHundred(b *testing.B) {
	for _, window := range []int{3, 6, 12} {
		b.Run(fmt.Sprintf("window=%d", window), func(b *testing.B) {
			for b.Loop() {
				rush(b, window)
			}
		})
	}
}

func rush(b *testing.B, window int) {
	w := newWorld(b, 4)
	w.options.Window = window
	p := w.open()
	target := w.serve()
	var mu sync.Mutex
	var published time.Duration
	var crowd sync.WaitGroup
	began := time.Now()
	for range 100 {
		spec := w.spec(target)
		crowd.Go(func() {
			if err := p.Publish(w.ctx(), spec); err != nil {
				b.Errorf("publish: %v", err)
				return
			}
			mu.Lock()
			published = time.Since(began)
			mu.Unlock()
			w.probe(p, spec)
		})
	}
	crowd.Wait()
	b.ReportMetric(published.Seconds(), "s-published")
	b.ReportMetric(time.Since(began).Seconds(), "s-opened")
}
