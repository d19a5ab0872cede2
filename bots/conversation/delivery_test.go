package conversation

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"onionbot/bots"
	"onionbot/bots/botstest"
	"onionbot/services"
)

func TestGivingUpIsOnRecord(t *testing.T) {
	for name, c := range map[string]struct {
		err  *bots.SendError
		max  int
		wait time.Duration
	}{
		"refused for ever":  {&bots.SendError{Permanent: true, Cause: errors.New("400")}, 0, 0},
		"too many attempts": {&bots.SendError{Cause: errors.New("502")}, 4, time.Hour},
		"too old":           {&bots.SendError{Cause: errors.New("502")}, 0, 30 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPost(t, func(o *OutboxOptions) { o.MaxAttempts = c.max })
				p.adapter.answer(func(out bots.Outgoing) (string, error) {
					if out.Key == "bad" {
						return "", c.err
					}
					return "m", nil
				})
				p.run()
				p.add(answerTo("bad", "a"), answerTo("good", "a"))
				time.Sleep(c.wait)
				settle()
				if got := p.outcomes(); !slices.Equal(got, []string{"send given-up reply"}) {
					t.Errorf("audit %q", got)
				}
				if got := p.adapter.texts(); !strings.HasSuffix(got[len(got)-1], "good") || len(p.pending()) != 0 {
					t.Errorf("what came after it: %q", got)
				}
			})
		})
	}
}

func TestTheUnwelcomeAreLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, nil)
		p.adapter.answer(func(out bots.Outgoing) (string, error) {
			if out.To.Account == "a" {
				return "", &bots.SendError{Unwelcome: true, Cause: errors.New("403")}
			}
			return "m", nil
		})
		later := answerTo("a3", "a")
		later.DueAt = time.Now().Add(time.Hour)
		p.run()
		p.add(answerTo("a1", "a"), answerTo("a2", "a"), later, answerTo("b1", "b"))
		time.Sleep(2 * time.Hour)
		settle()
		got := p.adapter.texts()
		slices.Sort(got)
		if !slices.Equal(got, []string{"a1", "b1"}) || len(p.pending()) != 0 {
			t.Errorf("sent %q", got)
		}
		if got := p.outcomes(); !slices.Equal(got, []string{"send given-up unwelcome"}) {
			t.Errorf("audit %q", got)
		}
	})
}

func TestAMomentThatIsPastIsSkipped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, nil)
		p.addInstance()
		p.add(&services.Notice{Key: "r", Kind: services.KindReminder, Instance: botstest.InstanceID, StaleAt: time.Now().Add(time.Minute)})
		stale := answerTo("s", "a")
		stale.StaleAt = time.Now().Add(time.Minute)
		p.add(stale)
		time.Sleep(2 * time.Minute)
		settle()
		p.run()
		settle()
		if got := p.adapter.texts(); len(got) != 0 || len(p.pending()) != 0 {
			t.Errorf("sent %q, %d pending", got, len(p.pending()))
		}
	})
}

func TestLaterNoticesOfASlotReplaceEarlierOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, nil)
		p.addInstance()
		card := func(key string, kind services.Kind) *services.Notice {
			return &services.Notice{Key: key, Kind: kind, Instance: botstest.InstanceID, Slot: "card/" + botstest.InstanceID, Args: map[string]string{"step": "x"}}
		}
		elsewhere := card("k4", services.KindStarted)
		elsewhere.To = services.Route{Network: "test", Account: "2", Chat: "d"}
		p.add(card("k1", services.KindProgress), card("k2", services.KindProgress), card("k3", services.KindStarted), elsewhere)
		p.run()
		settle()
		if len(p.adapter.all()) != 2 || len(p.pending()) != 0 {
			t.Fatalf("sent %q", p.adapter.texts())
		}
		first := p.adapter.all()[slices.IndexFunc(p.adapter.all(), func(o bots.Outgoing) bool { return o.Key == "k3" })]
		if first.Edit != "" {
			t.Errorf("the first message edits %q", first.Edit)
		}
		ring := card("k6", services.KindReachable)
		ring.Alert = true
		p.adapter.answer(func(out bots.Outgoing) (string, error) { return "remote-" + out.Key, nil })
		p.add(ring)
		settle()
		p.add(card("k7", services.KindProgress))
		settle()
		last := p.adapter.all()[len(p.adapter.all())-2:]
		if last[0].Edit != "" || !last[0].Alert || last[1].Edit != "remote-k6" {
			t.Errorf("alert edits %q, progress edits %q", last[0].Edit, last[1].Edit)
		}
		foreign := card("k8", services.KindProgress)
		foreign.To = elsewhere.To
		p.add(foreign)
		settle()
		if o := p.adapter.all()[len(p.adapter.all())-1]; o.Edit != "" {
			t.Errorf("a message of another chat is edited: %q", o.Edit)
		}
	})
}

func TestAMessageThatCannotBeEditedIsSentAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, nil)
		p.addInstance()
		p.adapter.answer(func(out bots.Outgoing) (string, error) {
			if out.Edit != "" {
				return "", &bots.SendError{Permanent: true, Cause: errors.New("deleted")}
			}
			return "m", nil
		})
		p.run()
		for _, key := range []string{"k1", "k2"} {
			p.add(&services.Notice{Key: key, Kind: services.KindStarted, Instance: botstest.InstanceID, Slot: "card/" + botstest.InstanceID})
			settle()
		}
		var got []string
		for _, o := range p.adapter.all() {
			got = append(got, o.Key+" "+o.Edit)
		}
		if diff := cmp.Diff([]string{"k1 ", "k2 m", "k2/new "}, got); diff != "" || len(p.pending()) != 0 {
			t.Error(diff)
		}
	})
}

func TestACrashAfterSendingRepeatsWithTheSameKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, nil)
		var dead atomic.Bool
		p.store.Fail = func(string) error {
			if dead.Load() {
				return errors.New("the process is dead")
			}
			return nil
		}
		p.adapter.answer(func(bots.Outgoing) (string, error) { dead.Store(true); return "m", nil })
		p.run()
		p.add(answerTo("a1", "a"))
		settle()
		p.stop()
		dead.Store(false)
		p.adapter.answer(nil)
		p.box = NewOutbox(p.box.o)
		p.run()
		settle()
		if len(p.adapter.all()) != 2 || p.adapter.all()[0].Key != p.adapter.all()[1].Key || p.adapter.all()[1].Attempt != 1 {
			t.Errorf("sent %+v", p.adapter.all())
		}
		if len(p.pending()) != 0 {
			t.Error("still pending")
		}
	})
}

func TestTheAttemptIsOnRecordBeforeItIsMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, nil)
		p.addInstance()
		p.adapter.answer(func(bots.Outgoing) (string, error) {
			for _, n := range p.pending() {
				if n.Attempts != 1 {
					t.Errorf("attempts %d while it is sent", n.Attempts)
				}
			}
			return "m", nil
		})
		p.run()
		p.add(&services.Notice{Key: "k", Kind: services.KindStarted, Instance: botstest.InstanceID})
		settle()
	})
}

func TestNobodyElseSuffersFromABrokenNotice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, nil)
		broken := answerTo("broken", "a")
		broken.Body = []byte("{")
		nowhere := answerTo("nowhere", "a")
		nowhere.To.Network = "gone"
		p.adapter.answer(func(out bots.Outgoing) (string, error) {
			if out.Key == "panic" && out.Attempt == 0 {
				panic("boom")
			}
			return "m", nil
		})
		p.run()
		p.add(broken, nowhere, answerTo("panic", "b"), answerTo("good", "a"))
		time.Sleep(time.Minute)
		settle()
		if got := strings.Join(p.adapter.texts(), " "); strings.Count(got, "panic") != 2 || !strings.Contains(got, "good") {
			t.Errorf("sent %q", got)
		}
		if got := p.outcomes(); !slices.Equal(got, []string{"send given-up reply", "send given-up reply"}) {
			t.Errorf("audit %q", got)
		}
	})
}

func TestTheEndWaitsForWhatIsBeingSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, nil)
		p.adapter.answer(func(bots.Outgoing) (string, error) { time.Sleep(5 * time.Second); return "m", nil })
		p.run()
		p.add(answerTo("a1", "a"), answerTo("a2", "a"))
		settle()
		p.stop()
		if len(p.adapter.texts()) != 1 || len(p.pending()) != 1 {
			t.Errorf("sent %q, %d pending", p.adapter.texts(), len(p.pending()))
		}
	})
}
