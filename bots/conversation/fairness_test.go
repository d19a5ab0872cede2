package conversation

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"onionbot/bots"
	"onionbot/services"
)

// other is a second network.
type other struct{ *fakeAdapter }

func (other) Network() string { return "other" }

func TestManyAnswersToOneChatDelayNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		second := other{&fakeAdapter{}}
		p := newPost(t, func(o *OutboxOptions) { o.Adapters = append(o.Adapters, second) })
		began := time.Now()
		var mu sync.Mutex
		arrived := make(map[string]time.Duration)
		slow := func(out bots.Outgoing) (string, error) {
			time.Sleep(time.Second) // as a network paces its chats
			mu.Lock()
			defer mu.Unlock()
			arrived[out.Key] = time.Since(began)
			return "m", nil
		}
		p.adapter.answer(slow)
		second.answer(slow)
		for k := range 600 {
			p.add(answerTo(fmt.Sprint("loud ", k), "loud"))
		}
		quiet, elsewhere := answerTo("quiet", "quiet"), answerTo("elsewhere", "x")
		elsewhere.To.Network = "other"
		p.add(quiet, elsewhere)
		p.run()
		time.Sleep(5 * time.Second)
		synctest.Wait()
		mu.Lock()
		for _, key := range []string{"quiet", "elsewhere"} {
			if at := arrived[key]; at == 0 || at > 2*time.Second {
				t.Errorf("%s arrived after %s", key, at)
			}
		}
		mu.Unlock()
		time.Sleep(20 * time.Minute)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if len(arrived) != 602 || len(p.pending()) != 0 {
			t.Errorf("%d arrived, %d pending", len(arrived), len(p.pending()))
		}
	})
}

func TestAChatThatFailsHoldsOnlyItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, nil)
		tries := 0
		p.adapter.answer(func(out bots.Outgoing) (string, error) {
			if out.To.Chat == "broken" {
				tries++
				return "", &bots.SendError{RetryAfter: time.Hour, Cause: fmt.Errorf("429")}
			}
			return "m", nil
		})
		for k := range 1000 {
			p.add(answerTo(fmt.Sprint("broken ", k), "broken"))
		}
		p.add(answerTo("good", "good"))
		p.run()
		time.Sleep(59 * time.Minute)
		synctest.Wait()
		if tries != 1 || !slices.Contains(p.adapter.texts(), "good") {
			t.Errorf("%d attempts, %d sent", tries, len(p.adapter.texts()))
		}
	})
}

// flood stores n messages of one sender, then one of another.
func (h *house) flood(n int, from, text string, next string) {
	h.t.Helper()
	err := h.store.Update(context.Background(), func(tx services.Tx) error {
		for k := range n {
			if _, err := tx.AddIncoming(event(k, from+" "+text)); err != nil {
				return err
			}
		}
		_, err := tx.AddIncoming(event(n, next))
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// answers are the texts that wait for an account.
func (h *house) answers(account string) (out []string) {
	h.t.Helper()
	for _, n := range h.pending() {
		if n.To.Account == account && n.Kind == services.KindReply {
			r, err := h.router.o.Replies.Render(n, nil, nil, time.Now())
			if err != nil {
				h.t.Fatal(err)
			}
			out = append(out, r.Text)
		}
	}
	return out
}

func TestManyMessagesOfOneSenderDelayNobodyElse(t *testing.T) {
	for _, flooder := range []string{"1", "2"} { // a user, and an operator, who has no limit
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(t)
			h.router.o.Content = slowContent(func(string) { time.Sleep(time.Second) })
			next := map[string]string{"1": "2", "2": "1"}[flooder]
			h.flood(1200, flooder, "start site\npage", next+" list")
			h.run()
			time.Sleep(time.Second)
			synctest.Wait()
			if got := h.answers(next); len(got) != 1 || !strings.Contains(got[0], "Nothing is running") {
				t.Errorf("after a second the other one has read %q", got)
			}
			h.stop()
		})
	}
}

func TestAFloodIsAnsweredWithOneSentence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.flood(600, "1", "list", "1 stop site")
		h.run()
		time.Sleep(time.Second)
		synctest.Wait()
		got := h.answers("1")
		much := func(s string) bool { return strings.Contains(s, "too much at once") }
		rest := slices.DeleteFunc(slices.Clone(got), much)
		if len(got)-len(rest) != 1 || len(rest) != floodBurst+1 || h.left() != 0 {
			t.Errorf("%d answers, of them %d about the flood; %d messages left", len(got), len(got)-len(rest), h.left())
		}
		if last := got[len(got)-1]; !strings.Contains(last, "running") { // "stop" was done all the same
			t.Errorf("the last answer: %q", last)
		}
		passed := 0
		for _, a := range h.audit() {
			if a.Outcome == string(services.CodeTooFast) {
				passed += max(a.Count, 1)
			}
		}
		if passed != 500 || len(h.audit()) > floodBurst+5 {
			t.Errorf("%d on record as passed over, %d audit entries", passed, len(h.audit()))
		}
		time.Sleep(2 * time.Minute)
		h.adapter.events <- []services.Incoming{event(10_000, "1 list")}
		synctest.Wait()
		if n := len(h.answers("1")); n != len(got)+1 {
			t.Errorf("afterwards a message is not answered: %d answers", n)
		}
	})
}

func TestStrangersCostOneCounterAndOneTransaction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.flood(400, "666", "start site", "1 list")
		updates := 0
		h.store.Fail = func(op string) error {
			if op == "Commit" {
				updates++
			}
			return nil
		}
		h.run()
		synctest.Wait()
		if len(h.answers("666")) != 0 || len(h.audit()) != 2 || h.left() != 0 || updates > 3 {
			t.Errorf("%d answers, %d audit entries, %d left, %d transactions", len(h.answers("666")), len(h.audit()), h.left(), updates)
		}
		h.stop()
	})
}

func TestNoticesOfANetworkThatIsOffAreGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, func(o *OutboxOptions) { o.Log = slog.New(slog.DiscardHandler) })
		n := answerTo("nowhere", "a")
		n.To.Network = "off"
		p.add(n)
		p.run()
		synctest.Wait()
		if got := p.outcomes(); len(p.pending()) != 0 || !slices.Equal(got, []string{"send given-up reply"}) {
			t.Errorf("%d pending, audit %q", len(p.pending()), got)
		}
	})
}
