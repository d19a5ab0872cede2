package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"onionbot/services"
)

// Memory is a transactional [services.Store] that lives in memory. It does no
// I/O, starts no goroutine and waits on channels only, so that it can be used
// under testing/synctest if it is made inside the bubble.
type Memory struct {
	// Fail, if set, is asked before everything the store does; its error is
	// what the caller gets instead. The names it is asked with are those of
	// the methods ("Update", "View", "PutInstance", …); "Commit" when a
	// transaction is about to be committed, and "Committed" when it is
	// durable but the caller has not heard of it yet. It may be called from
	// several goroutines and must not be replaced while the store is in use.
	Fail func(op string) error
	// Now dates handled messages; time.Now if nil.
	Now func() time.Time

	writer chan struct{} // holds one token while a write transaction runs
	now    atomic.Pointer[state]
	closed atomic.Bool
	scrubs atomic.Int64
}

var _ services.Store = (*Memory)(nil)

var (
	errClosed   = errors.New("the store is closed")
	errReadOnly = errors.New("write in a read-only transaction")
	errEnded    = errors.New("the transaction has ended")
)

// NewMemory makes an empty store.
func NewMemory() *Memory {
	m := &Memory{writer: make(chan struct{}, 1)}
	m.now.Store(newState())
	return m
}

// Update runs fn on a copy of what is stored and keeps the copy if fn returns
// nil, ctx has not ended and Fail allows it.
func (m *Memory) Update(ctx context.Context, fn func(services.Tx) error) error {
	if err := m.begin(ctx, "Update"); err != nil {
		return err
	}
	select {
	case m.writer <- struct{}{}:
		defer func() { <-m.writer }()
	case <-ctx.Done():
		return ctx.Err()
	}
	tx := &memoryTx{m: m, ctx: ctx, s: m.now.Load().clone(), writable: true}
	defer tx.end()
	if err := fn(tx); err != nil {
		return err
	}
	if err := m.begin(ctx, "Commit"); err != nil {
		return err
	}
	m.now.Store(tx.s)
	return m.fail("Committed")
}

// View runs fn on what was last committed when it was called.
func (m *Memory) View(ctx context.Context, fn func(services.Tx) error) error {
	if err := m.begin(ctx, "View"); err != nil {
		return err
	}
	tx := &memoryTx{m: m, ctx: ctx, s: m.now.Load()}
	defer tx.end()
	return fn(tx)
}

// Scrub counts only: nothing that was erased is kept anywhere.
func (m *Memory) Scrub(ctx context.Context) error {
	if err := m.begin(ctx, "Scrub"); err != nil {
		return err
	}
	m.scrubs.Add(1)
	return nil
}

// Scrubs is how often Scrub has succeeded.
func (m *Memory) Scrubs() int { return int(m.scrubs.Load()) }

// Close makes every later call fail.
func (m *Memory) Close() error {
	m.closed.Store(true)
	return m.fail("Close")
}

func (m *Memory) begin(ctx context.Context, op string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.closed.Load() {
		return errClosed
	}
	return m.fail(op)
}

func (m *Memory) fail(op string) error {
	if m.Fail == nil {
		return nil
	}
	if err := m.Fail(op); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}

func (m *Memory) clock() time.Time {
	if m.Now != nil {
		return m.Now()
	}
	return time.Now()
}
