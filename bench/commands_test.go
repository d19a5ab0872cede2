package bench

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"
)

// pragmas are those of package db's writer.
const pragmas = "_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)" +
	"&_pragma=secure_delete(1)&_pragma=temp_store(MEMORY)&_txlock=immediate"

const crowd = 500 // live instances

// BenchmarkCommands gives one "more" to each of 500 live instances of 99
// users, one after the other, each durable when it returns, while the
// reconciler tells the containers and the outbox marks the answers sent.
// Containers and onions are in memory. The floor is as many single-row commits
// with the same pragmas, with nobody else at the file; the two take turns. "list" is an operator's,
// who sees all 500; "starts/s" is the filling up to 500.
func BenchmarkCommands(b *testing.B) {
	var ours, floor, lists, starts samples
	for b.Loop() {
		h := openEngineRoom(b)
		ctx, cancel := context.WithTimeout(b.Context(), patience)
		defer cancel()
		starts = append(starts, timed(b, func() error {
			return h.fill(ctx, crowd, func(int) time.Duration { return time.Hour })
		}))
		bare := openBare(b)
		for i := range crowd {
			if i%(crowd/10) == 0 { // by turns: a disk is not equally fast all the time
				settle()
				floor = append(floor, bare(crowd/10)...)
			}
			ours = append(ours, timed(b, func() error {
				return h.manager.Extend(ctx, h.request(h.owner(i)), fmt.Sprintf("n%d", i), time.Minute)
			}))
		}
		for range 300 {
			lists = append(lists, timed(b, func() error {
				_, err := h.manager.List(ctx, h.operator())
				return err
			}))
		}
	}
	report(b, ours)
	b.ReportMetric(float64(len(ours))/ours.sum().Seconds(), "commands/s")
	b.ReportMetric(float64(len(floor))/floor.sum().Seconds(), "floor-commits/s")
	b.ReportMetric(float64(ours.sum())/float64(floor.sum()), "x-floor")
	b.ReportMetric(crowd/starts.median().Seconds(), "starts/s")
	b.ReportMetric(ms(lists.quantile(0.99)), "list-p99-ms")
}

// openBare returns what times n single-row commits.
func openBare(b *testing.B) func(n int) samples {
	b.Helper()
	d, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "bare.db")+"?"+pragmas)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = d.Close() })
	d.SetMaxOpenConns(1)
	ctx := b.Context()
	if _, err := d.ExecContext(ctx, "CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT) STRICT"); err != nil {
		b.Fatal(err)
	}
	insert, err := d.PrepareContext(ctx, "INSERT INTO t (body) VALUES (?)")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = insert.Close() })
	return func(n int) (took samples) {
		for range n {
			took = append(took, timed(b, func() error {
				_, err := insert.ExecContext(ctx, "more n17 1m")
				return err
			}))
		}
		return took
	}
}
