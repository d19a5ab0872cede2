package conversation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"onionbot/bots"
	"onionbot/bots/botstest"
	"onionbot/bots/reply"
	"onionbot/services"
)

// post is an outbox under test, in a bubble of its own time.
type post struct {
	*world
	adapter *fakeAdapter
	box     *Outbox
	stop    func()
}

func newPost(t *testing.T, change func(*OutboxOptions)) *post {
	t.Helper()
	p := &post{world: newWorld(t, services.ClockFunc(time.Now)), adapter: &fakeAdapter{}}
	o := OutboxOptions{
		Adapters: []bots.Adapter{p.adapter}, Store: p.store, Replies: &reply.Renderer{}, Catalog: catalog, Clock: p.clock,
		Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&o)
	}
	p.box = NewOutbox(o)
	return p
}

// run starts the outbox; stop, also called at the end, ends it like a shutdown.
func (p *post) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = p.box.Run(ctx) }()
	p.stop = func() { cancel(); <-done }
	p.t.Cleanup(p.stop)
}

func (p *post) add(notices ...*services.Notice) {
	p.t.Helper()
	err := p.store.Update(context.Background(), func(tx services.Tx) error {
		for _, n := range notices {
			if n.To.Network == "" {
				n.To = services.Route{Network: "test", Account: "1", Chat: "c"}
			}
			if n.DueAt.IsZero() {
				n.DueAt = time.Now()
			}
			n.State = services.NoticePending
			if _, err := tx.AddNotice(n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
	p.box.Notify()
}

func answerTo(key, chat string) *services.Notice {
	body, _ := reply.Encode(bots.Reply{Text: key})
	return &services.Notice{
		Key: key, Kind: services.KindReply, Body: body, To: services.Route{Network: "test", Account: chat, Chat: chat}, Owner: "anna",
	}
}

func (p *post) addInstance() {
	p.t.Helper()
	i := botstest.Instance("site", func(i *services.Instance) {
		i.CreatedAt, i.ExpiresAt, i.CheckedAt = time.Now(), time.Now().Add(2*time.Hour), time.Now()
	})
	if err := p.store.Update(context.Background(), func(tx services.Tx) error { return tx.PutInstance(i) }); err != nil {
		p.t.Fatal(err)
	}
}

// settle lets the outbox read again and send what it finds.
func settle() {
	time.Sleep(2 * outboxGap)
	synctest.Wait()
}

func (p *post) outcomes() (out []string) {
	for _, a := range p.audit() {
		out = append(out, a.Action+" "+a.Outcome+" "+a.Detail)
	}
	return out
}

func TestNoticesGoOutInOrderOfTheirChat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, nil)
		p.run()
		var want []string
		for k := range 20 {
			want = append(want, fmt.Sprint("a", k))
			p.add(answerTo(fmt.Sprint("a", k), "a"), answerTo(fmt.Sprint("b", k), "b"))
		}
		settle()
		texts := p.adapter.texts()
		got := slices.DeleteFunc(slices.Clone(texts), func(s string) bool { return s[0] != 'a' })
		if diff := cmp.Diff(want, got); diff != "" || len(texts) != 40 {
			t.Errorf("%d sent: %s", len(texts), diff)
		}
		if len(p.pending()) != 0 {
			t.Errorf("%d are still pending", len(p.pending()))
		}
	})
}

func TestNothingIsSentTwiceWhileChatsAreBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, nil)
		p.adapter.answer(func(bots.Outgoing) (string, error) { time.Sleep(300 * time.Millisecond); return "x", nil })
		p.run()
		for k := range 30 {
			p.add(answerTo(fmt.Sprint(k), fmt.Sprint(k%3)))
			time.Sleep(20 * time.Millisecond)
		}
		time.Sleep(time.Minute)
		settle()
		got := p.adapter.texts()
		slices.Sort(got)
		if len(slices.Compact(got)) != 30 || len(p.adapter.texts()) != 30 {
			t.Errorf("%d sent, want 30", len(p.adapter.texts()))
		}
	})
}

func TestNoticesWaitForTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, nil)
		p.run()
		n := answerTo("later", "a")
		n.DueAt = time.Now().Add(47 * time.Second)
		p.add(n)
		time.Sleep(46 * time.Second)
		settle()
		if len(p.adapter.texts()) != 0 {
			t.Fatal("sent before its time")
		}
		time.Sleep(2 * time.Second)
		settle()
		if len(p.adapter.texts()) != 1 {
			t.Fatal("not sent at its time")
		}
	})
}

func TestFailuresAreRetriedWithTheSameKeyAndHoldTheirChat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, nil)
		fails := 5
		p.adapter.answer(func(out bots.Outgoing) (string, error) {
			if out.To.Chat == "a" && fails > 0 {
				fails--
				return "", &bots.SendError{Cause: errors.New("502")}
			}
			return "m", nil
		})
		p.run()
		p.add(answerTo("a1", "a"), answerTo("a2", "a"), answerTo("b1", "b"))
		settle()
		if got := p.adapter.texts(); !slices.Contains(got, "b1") || slices.Contains(got, "a2") {
			t.Errorf("at first: %q", got)
		}
		time.Sleep(2 * time.Minute)
		settle()
		var log []string
		for _, o := range p.adapter.all() {
			if o.To.Chat == "a" {
				log = append(log, fmt.Sprint(o.Key, o.Attempt))
			}
		}
		if diff := cmp.Diff([]string{"a10", "a11", "a12", "a13", "a14", "a15", "a20"}, log); diff != "" {
			t.Error(diff)
		}
	})
}

func TestFloodIsObeyed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, nil)
		var at []time.Duration
		began := time.Now()
		p.adapter.answer(func(bots.Outgoing) (string, error) {
			at = append(at, time.Since(began))
			if len(at) == 1 {
				return "", &bots.SendError{RetryAfter: 35 * time.Second, Cause: errors.New("429")}
			}
			return "m", nil
		})
		p.run()
		p.add(answerTo("a1", "a"), answerTo("a2", "a"))
		time.Sleep(34 * time.Second)
		settle()
		p.add(answerTo("a3", "a"))
		time.Sleep(time.Minute)
		settle()
		if len(at) != 4 || at[1] < 35*time.Second || at[1] > 36*time.Second {
			t.Errorf("sent at %v", at)
		}
		if got := p.adapter.texts(); !slices.Equal(got, []string{"a1", "a1", "a2", "a3"}) {
			t.Errorf("sent %q", got)
		}
	})
}
