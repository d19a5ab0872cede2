package conversation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"onionbot/bots"
	"onionbot/bots/reply"
	"onionbot/services"
)

// house is a hub under test.
type house struct {
	*world
	adapter *fakeAdapter
	hub     *Hub
	stop    func()
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{world: newWorld(t, services.ClockFunc(time.Now)), adapter: &fakeAdapter{events: make(chan []services.Incoming)}}
	h.renew()
	return h
}

// renew makes a hub as a new process would.
func (h *house) renew() {
	h.hub = NewHub(HubOptions{
		Adapters: []bots.Adapter{h.adapter}, Store: h.store, Router: h.router, Clock: h.clock, Log: slog.New(slog.DiscardHandler),
	})
}

func (h *house) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = h.hub.Run(ctx) }()
	h.stop = func() { cancel(); <-done }
	h.t.Cleanup(h.stop)
}

func event(id int, raw string) services.Incoming {
	return services.Incoming{Network: "test", ID: fmt.Sprint(id), Raw: []byte(raw), SentAt: time.Now()}
}

func (h *house) left() (n int) {
	h.t.Helper()
	err := h.store.View(context.Background(), func(tx services.Tx) error {
		left, err := tx.Incomings("test", 100_000)
		n = len(left)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

func TestEventsBecomeAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.run()
		h.adapter.events <- []services.Incoming{event(1, "1 start site"), event(2, "666 start site"), event(3, "2 list")}
		synctest.Wait()
		if len(h.instances()) != 1 || h.left() != 0 || len(h.audit()) != 3 {
			t.Errorf("%d instances, %d events left, %d audit entries", len(h.instances()), h.left(), len(h.audit()))
		}
		if !slices.Equal(h.adapter.acked, []string{"1", "2", "3"}) || len(h.adapter.finished) != 3 {
			t.Errorf("acknowledged %q, finished %q", h.adapter.acked, h.adapter.finished)
		}
		h.adapter.events <- []services.Incoming{event(1, "1 start site"), event(3, "2 list")} // again
		synctest.Wait()
		if len(h.audit()) != 3 {
			t.Errorf("duplicates were handled: %d audit entries", len(h.audit()))
		}
	})
}

func TestMessagesOfOneSenderKeepTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		var mu sync.Mutex
		var order []string
		var now, most int
		h.router.o.Content = slowContent(func(body string) {
			mu.Lock()
			order = append(order, body)
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			now--
			mu.Unlock()
		})
		h.run()
		var events []services.Incoming
		for k := range 5 {
			events = append(events, event(2*k, fmt.Sprintf("1 start site\na%d", k)), event(2*k+1, fmt.Sprintf("2 start site\nb%d", k)))
		}
		h.adapter.events <- events
		time.Sleep(time.Minute)
		synctest.Wait()
		a := slices.DeleteFunc(slices.Clone(order), func(s string) bool { return s[0] != 'a' })
		if !slices.Equal(a, []string{"a0", "a1", "a2", "a3", "a4"}) || most != 2 {
			t.Errorf("order %q, %d at once", order, most)
		}
	})
}

type slowContent func(body string)

func (s slowContent) Stage(_ context.Context, u Upload) (string, error) {
	s(u.Words)
	return "staged", nil
}
func (slowContent) Discard(string)                           {}
func (slowContent) Empty() (string, error)                   { return "", nil }
func (slowContent) Shown(*services.Instance) *services.Shown { return nil }

func TestWhatCannotBeReadIsDroppedOnRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.adapter.decode = func(in services.Incoming) (*bots.Message, error) {
			switch string(in.Raw) {
			case "junk":
				return nil, errors.New("no JSON")
			case "boom":
				panic("decoder")
			case "none of our business":
				return nil, nil
			}
			return &bots.Message{From: bots.Identity{Account: "1"}, Text: string(in.Raw)}, nil
		}
		h.run()
		h.adapter.events <- []services.Incoming{event(1, "junk"), event(2, "boom"), event(3, "none of our business"), event(4, "list")}
		synctest.Wait()
		var outcomes []string
		for _, a := range h.audit() {
			outcomes = append(outcomes, a.Outcome)
			if a.Outcome == "undecodable" && a.Count != 2 {
				t.Errorf("%d events are on record as undecodable", a.Count)
			}
		}
		slices.Sort(outcomes)
		if !slices.Equal(outcomes, []string{"ok", "undecodable"}) || h.left() != 0 {
			t.Errorf("audit %q, %d left", outcomes, h.left())
		}
	})
}

func TestAPanicTakesNobodyElseWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.router.o.Content = slowContent(func(body string) {
			if body == "boom" {
				panic("handler")
			}
		})
		h.run()
		h.adapter.events <- []services.Incoming{event(1, "1 start site\nboom"), event(2, "1 list"), event(3, "2 list")}
		time.Sleep(time.Minute)
		synctest.Wait()
		var texts []string
		for _, n := range h.pending() {
			r, _ := reply.Decode(n.Body)
			texts = append(texts, r.Text)
		}
		all := strings.Join(texts, "\n")
		if len(texts) != 3 || !strings.Contains(all, "Something went wrong on the server") || h.left() != 0 {
			t.Errorf("answers %q, %d left", texts, h.left())
		}
	})
}

func TestACrashLosesAndDoublesNothing(t *testing.T) {
	// The process dies at the n-th thing that it asks of the store, for every
	// n, and another one takes over; the network sends again what was not
	// acknowledged.
	for n := 1; ; n++ {
		reached := false
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(t)
			var ops atomic.Int64
			var dead atomic.Bool
			h.store.Fail = func(string) error {
				if dead.Load() || ops.Add(1) >= int64(n) {
					dead.Store(true)
					return errors.New("the process is dead")
				}
				return nil
			}
			events := []services.Incoming{event(1, "1 start site"), event(2, "1 more 1h"), event(3, "1 stop site"), event(4, "1 start site")}
			send := func() {
				select {
				case h.adapter.events <- events:
				case <-time.After(time.Second):
				}
			}
			h.run()
			send()
			synctest.Wait()
			h.stop()
			reached = dead.Load()
			dead.Store(false)
			ops.Store(-1 << 40)
			h.renew()
			h.run()
			if len(h.adapter.acked) == 0 {
				send()
			}
			time.Sleep(time.Minute)
			synctest.Wait()
			var actions []string
			for _, a := range slices.Backward(h.audit()) {
				actions = append(actions, a.Action+" "+a.Outcome)
			}
			if !slices.Equal(actions, []string{"start ok", "more ok", "stop ok", "start ok"}) || h.left() != 0 || len(h.instances()) != 2 {
				t.Errorf("dead at %d: %q, %d left, %d instances", n, actions, h.left(), len(h.instances()))
			}
			h.stop()
		})
		if !reached || t.Failed() {
			if n < 20 && !t.Failed() {
				t.Errorf("only %d steps", n)
			}
			return
		}
	}
}

func TestABacklogIsWorkedOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		const all = 3000
		err := h.store.Update(context.Background(), func(tx services.Tx) error {
			for k := range all {
				if _, err := tx.AddIncoming(event(k, fmt.Sprintf("%d list", k%50))); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		h.run()
		time.Sleep(time.Minute)
		synctest.Wait()
		handled := 0
		for _, a := range h.audit() {
			handled += max(a.Count, 1)
		}
		if h.left() != 0 || handled != all {
			t.Errorf("%d left, %d handled", h.left(), handled)
		}
		if n := len(h.pending()); n != all/50*2 {
			t.Errorf("%d answers, want %d", n, all/50*2)
		}
	})
}
