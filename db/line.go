package db

import (
	"context"
	"slices"
	"sync"
)

// line is where goroutines stand that want the writer. One holds it at a time,
// and the next is whoever came first.
type line struct {
	mu      sync.Mutex
	held    bool
	waiting []chan struct{} // each closed when its turn comes
}

// enter waits for the turn. A turn that comes together with the end of ctx, or
// of the store, is taken: nil, and the holder has to see for itself.
func (l *line) enter(ctx context.Context, closed <-chan struct{}) error {
	l.mu.Lock()
	if !l.held {
		l.held = true
		l.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	l.waiting = append(l.waiting, turn)
	l.mu.Unlock()
	var err error
	select {
	case <-turn:
		return nil
	case <-closed:
		err = errClosed
	case <-ctx.Done():
		err = ctx.Err()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	k := slices.Index(l.waiting, turn)
	if k < 0 {
		return nil
	}
	l.waiting = slices.Delete(l.waiting, k, k+1)
	return err
}

// pass makes it the next one's turn, and reports false if there is none: then
// the caller still has it.
func (l *line) pass() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		return false
	}
	close(l.waiting[0])
	l.waiting = l.waiting[1:]
	return true
}

// leave ends the caller's turn.
func (l *line) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		l.held = false
		return
	}
	close(l.waiting[0])
	l.waiting = l.waiting[1:]
}
