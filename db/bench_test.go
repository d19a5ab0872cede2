package db_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"onionbot/services"
)

// BenchmarkCommit is what a command writes: handled, instance, reply, audit.
func BenchmarkCommit(b *testing.B) {
	s := openNew(b)
	n := 0
	for b.Loop() {
		n++
		id := fmt.Sprintf("i%011d", n)
		change(b, s, func(tx services.Tx) error {
			if _, err := tx.MarkHandled("telegram", id); err != nil {
				return err
			}
			if err := tx.PutInstance(marked(id, id)); err != nil {
				return err
			}
			if _, err := tx.AddNotice(&services.Notice{Key: "reply/telegram/" + id, Instance: id, DueAt: time.Now()}); err != nil {
				return err
			}
			return tx.AddAudit(services.AuditEntry{At: time.Now(), Action: "start", Instance: id})
		})
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}

// BenchmarkBareCommit is the floor: one row, the same pragmas, nothing of ours.
func BenchmarkBareCommit(b *testing.B) {
	d, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "bare.db")+
		"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"+
		"&_pragma=foreign_keys(1)&_pragma=secure_delete(1)&_txlock=immediate")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	d.SetMaxOpenConns(1)
	if _, err := d.ExecContext(b.Context(), "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)"); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := d.ExecContext(b.Context(), "INSERT INTO t (v) VALUES ('x')"); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}

// BenchmarkList500 reads 500 live instances among as many ended ones.
func BenchmarkList500(b *testing.B) {
	s := openNew(b)
	change(b, s, func(tx services.Tx) error {
		for n := range 1000 {
			i := marked(fmt.Sprintf("i%d", n), fmt.Sprint(n))
			if n%2 == 0 {
				i.Desired, i.State = services.DesiredGone, services.StateGone
			}
			if err := tx.PutInstance(i); err != nil {
				return err
			}
		}
		return nil
	})
	var times []time.Duration
	for b.Loop() {
		start := time.Now()
		err := s.View(b.Context(), func(tx services.Tx) error {
			found, err := tx.Instances(services.InstanceFilter{NotEnded: true})
			if len(found) != 500 {
				b.Errorf("%d instances", len(found))
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "p99-ms")
}
