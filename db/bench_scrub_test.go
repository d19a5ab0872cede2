package db

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"onionbot/services"
)

// BenchmarkCommandWhileOthersEnd is how long a command's transaction takes
// while instances end and are scrubbed one after the other, in a database with
// so many commands behind it and 100 live instances in it.
func BenchmarkCommandWhileOthersEnd(b *testing.B) {
	for _, past := range []int{0, 200_000, 500_000} {
		b.Run(fmt.Sprintf("past=%d", past), func(b *testing.B) { commandWhileOthersEnd(b, past) })
	}
}

func commandWhileOthersEnd(b *testing.B, past int) {
	s, err := Open(b.Context(), filepath.Join(b.TempDir(), "s", "onionbot.db"), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	history(b, s, past)
	put := func(id string) {
		err := s.Update(b.Context(), func(tx services.Tx) error {
			i := &services.Instance{
				ID: id, Owner: "alice", Name: id, Service: "site", Desired: services.DesiredRunning, State: services.StateReachable,
				Onion: services.Onion{Address: "address", Key: services.Secret(make([]byte, 100))}, CreatedAt: time.Now(),
			}
			return tx.PutInstance(i)
		})
		if err != nil {
			b.Error(err)
		}
	}
	for n := range 100 {
		put(fmt.Sprint("live", n))
	}
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan []time.Duration)
	go func() { ended <- endInstances(ctx, s) }()
	var times []time.Duration
	n := 0
	for b.Loop() {
		n++
		began := time.Now()
		put(fmt.Sprint("new", n%20))
		times = append(times, time.Since(began))
	}
	stop()
	scrubs := <-ended
	report(b, "command", times)
	report(b, "scrub", scrubs)
}

// endInstances ends and scrubs until ctx ends, and tells how long each scrub took.
func endInstances(ctx context.Context, s *Store) (times []time.Duration) {
	for n := 0; ctx.Err() == nil; n++ {
		i := &services.Instance{ID: fmt.Sprint("end", n), Desired: services.DesiredGone, State: services.StateGone}
		_ = s.Update(ctx, func(tx services.Tx) error { return errors.Join(tx.PutInstance(i), tx.EraseInstance(i.ID)) })
		began := time.Now()
		if s.Scrub(ctx) == nil {
			times = append(times, time.Since(began))
		}
	}
	return times
}

func report(b *testing.B, what string, times []time.Duration) {
	if len(times) == 0 {
		return
	}
	slices.Sort(times)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms(times[len(times)/2]), what+"-p50-ms")
	b.ReportMetric(ms(times[len(times)*99/100]), what+"-p99-ms")
}
