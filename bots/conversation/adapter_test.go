package conversation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"onionbot/bots"
	"onionbot/services"
)

// fakeAdapter is a network in memory.
type fakeAdapter struct {
	mu       sync.Mutex
	events   chan []services.Incoming
	acked    []string
	decode   func(in services.Incoming) (*bots.Message, error)
	send     func(out bots.Outgoing) (string, error)
	sent     []bots.Outgoing
	finished []string
	broken   error // what Receive returns once events is closed
	received int   // how often Receive was called
}

func (f *fakeAdapter) Network() string { return "test" }
func (f *fakeAdapter) Health() string  { return "" }

func (f *fakeAdapter) Receive(ctx context.Context, _ string, keep bots.KeepFunc) error {
	f.mu.Lock()
	f.received++
	f.mu.Unlock()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case events, ok := <-f.events:
			if !ok && f.broken != nil {
				return f.broken
			}
			if !ok {
				return errors.New("broken")
			}
			if err := keep(ctx, events, events[len(events)-1].ID); err != nil {
				return err
			}
			f.mu.Lock()
			for _, e := range events {
				f.acked = append(f.acked, e.ID)
			}
			f.mu.Unlock()
		}
	}
}

// Decode reads "account text".
func (f *fakeAdapter) Decode(_ context.Context, in services.Incoming) (*bots.Message, error) {
	if f.decode != nil {
		return f.decode(in)
	}
	account, text, _ := strings.Cut(string(in.Raw), " ")
	return &bots.Message{
		From: bots.Identity{Account: account}, Text: text,
		Route: services.Route{Network: "test", Account: account, Chat: "chat-" + account},
	}, nil
}

func (f *fakeAdapter) Send(_ context.Context, out bots.Outgoing) (string, error) {
	f.mu.Lock()
	f.sent = append(f.sent, out)
	id, send := fmt.Sprint("m", len(f.sent)), f.send
	f.mu.Unlock()
	if send != nil {
		return send(out) // not under the lock: it may wait, and time must go on
	}
	return id, nil
}

// answer says what sending does from now on.
func (f *fakeAdapter) answer(send func(bots.Outgoing) (string, error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.send = send
}

func (f *fakeAdapter) all() []bots.Outgoing {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.sent)
}

func (f *fakeAdapter) Finished(in services.Incoming) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.finished = append(f.finished, in.ID)
}

func (f *fakeAdapter) texts() (out []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, o := range f.sent {
		out = append(out, o.Reply.Text)
	}
	return out
}
