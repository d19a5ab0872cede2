package bench

import (
	"math"
	"slices"
	"testing"
	"time"
)

// samples are times of the same thing.
type samples []time.Duration

// quantile is the value below which the given share lies: the nearest rank.
func (s samples) quantile(q float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	rank := int(math.Ceil(q * float64(len(sorted))))
	return sorted[max(rank-1, 0)]
}

func (s samples) median() time.Duration { return s.quantile(0.5) }

// report writes the median as ns/op.
func report(b *testing.B, ours samples) {
	b.Helper()
	b.ReportMetric(float64(ours.median().Nanoseconds()), "ns/op")
}

// beside writes the median of something to compare with, and the ratio of the
// medians as a metric "x-<name>": how many times as long onionbot took.
func beside(b *testing.B, name string, ours, other samples) {
	b.Helper()
	if other.median() == 0 {
		return
	}
	b.ReportMetric(other.median().Seconds(), name+"-s")
	b.ReportMetric(float64(ours.median())/float64(other.median()), "x-"+name)
}

// timed returns how long fn took.
func timed(b *testing.B, fn func() error) time.Duration {
	b.Helper()
	began := time.Now()
	if err := fn(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

func (s samples) sum() (total time.Duration) {
	for _, d := range s {
		total += d
	}
	return total
}

// ms is the unit of p99s.
func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
