package db

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"onionbot/services"
)

// writer is the one connection that writes. Making a commit durable takes
// longer than the statements before it, so updates that wait for each other
// are made durable by one commit: each is a savepoint in it, is undone alone
// when it fails, and returns when all of them are on the disk.
//
// Everything but line and closed belongs to who holds the line.
type writer struct {
	log    *slog.Logger
	now    func() time.Time
	limit  time.Duration // of a batch
	line   line
	closed chan struct{}
	conn   *conn
	batch  *batch // nil when no transaction is open
}

// batch is a transaction that is not committed yet.
type batch struct {
	began time.Time
	kept  int           // updates that it holds
	done  chan struct{} // closed when it has ended
	err   error         // how it ended; set before
}

// A batch ends when nobody waits, or with the update that reaches one of these.
const (
	batchSize  = 64
	batchLimit = 5 * time.Millisecond
)

func newWriter(log *slog.Logger, now func() time.Time) *writer {
	return &writer{log: log, now: now, limit: batchLimit, closed: make(chan struct{})}
}

// update runs fn in its turn and returns when what it did is durable.
func (w *writer) update(ctx context.Context, fn func(services.Tx) error) (err error) {
	if err := w.enter(ctx); err != nil {
		return err
	}
	var in *batch
	defer func() { // when fn panics, too
		w.handOver()
		if in != nil {
			<-in.done
			err = in.err
		}
	}()
	in, err = w.join(ctx, fn)
	return err
}

// exclusive waits for the connection without a transaction on it. The caller
// must call leave.
func (w *writer) exclusive(ctx context.Context) (*conn, error) {
	if err := w.enter(ctx); err != nil {
		return nil, err
	}
	w.commit()
	return w.conn, nil
}

func (w *writer) leave() { w.line.leave() }

func (w *writer) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-w.closed:
		return errClosed
	default:
	}
	return w.line.enter(ctx, w.closed)
}

// close waits for who is before it and keeps the turn for ever.
func (w *writer) close() {
	close(w.closed)
	_ = w.line.enter(context.Background(), nil) // neither can end
	w.commit()
	if w.conn != nil {
		w.conn.close()
	}
}

// join runs fn in the open batch, or in a new one, and returns it if it now
// holds what fn did.
func (w *writer) join(ctx context.Context, fn func(services.Tx) error) (*batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	begin := "SAVEPOINT one"
	if w.batch == nil {
		begin = "BEGIN IMMEDIATE"
	}
	if err := w.conn.exec(begin); err != nil {
		return nil, coded(err)
	}
	if w.batch == nil {
		w.batch = &batch{began: time.Now(), done: make(chan struct{})}
	}
	t := &tx{ctx: ctx, conn: w.conn, now: w.now, writable: true}
	kept := false
	defer func() {
		t.ended = true
		if !kept {
			w.undo(t.broken)
		}
	}()
	if err := fn(t); err != nil {
		return nil, err
	}
	if err := errors.Join(t.broken, ctx.Err()); err != nil {
		return nil, err
	}
	if w.batch.kept > 0 {
		if err := w.conn.exec("RELEASE one"); err != nil {
			t.broken = coded(err)
			return nil, t.broken
		}
	}
	w.batch.kept++
	kept = true
	return w.batch, nil
}

// undo takes the last update back. If SQLite may have ended the transaction
// by itself, the others in it are lost as well, and hear of it.
func (w *writer) undo(broken error) {
	if w.batch.kept == 0 || broken != nil {
		w.rollback(broken)
		return
	}
	err := w.conn.exec("ROLLBACK TO one")
	if err == nil {
		err = w.conn.exec("RELEASE one")
	}
	if err != nil {
		w.rollback(coded(err))
	}
}

// handOver lets the next one join the batch, or ends it.
func (w *writer) handOver() {
	b := w.batch
	if b != nil && b.kept < batchSize && time.Since(b.began) < w.limit && w.line.pass() {
		return
	}
	w.commit()
	w.line.leave()
}

// commit makes the open batch durable, if there is one.
func (w *writer) commit() {
	if w.batch == nil {
		return
	}
	if err := w.conn.exec("COMMIT"); err != nil {
		w.rollback(coded(err))
		return
	}
	w.end(nil)
}

// rollback ends the batch as if it had never been. SQLite may have done so
// already after a fault of the disk; that is the same.
func (w *writer) rollback(cause error) {
	if err := w.conn.exec("ROLLBACK"); err != nil {
		w.log.Debug("roll back", "error", err)
	}
	w.end(cause)
}

func (w *writer) end(err error) {
	w.batch.err = err
	close(w.batch.done)
	w.batch = nil
}
