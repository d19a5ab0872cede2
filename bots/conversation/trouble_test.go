package conversation

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"onionbot/bots"
)

func TestAMessageThatTheNetworkBreaksOverHoldsUpNobodyForLong(t *testing.T) {
	for name, tt := range map[string]struct {
		failure *bots.SendError
		passed  bool
	}{
		"broken":  {&bots.SendError{Answered: true, Cause: errors.New("500")}, true},
		"outage":  {&bots.SendError{Cause: errors.New("no connection")}, false},
		"told so": {&bots.SendError{Answered: true, RetryAfter: time.Hour, Cause: errors.New("429")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPost(t, nil)
				p.adapter.answer(func(out bots.Outgoing) (string, error) {
					if out.Reply.Text == "poison" || !tt.passed {
						return "", tt.failure
					}
					return "m", nil
				})
				p.run()
				p.add(answerTo("poison", "a"), answerTo("other", "a"))
				time.Sleep(time.Minute)
				synctest.Wait()
				if got := slices.Contains(p.adapter.texts(), "other"); got != tt.passed {
					t.Errorf("within a minute the other went: %t", got)
				}
				if len(p.pending()) == 0 {
					t.Error("nothing waits any more")
				}
			})
		})
	}
}

func TestSendingTroubleShowsInHealthUntilItIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, nil)
		p.adapter.answer(func(bots.Outgoing) (string, error) { return "", &bots.SendError{Cause: errors.New("down")} })
		p.run()
		p.add(answerTo("one", "a"))
		settle()
		if got := p.box.Health()["test"]; got != "" {
			t.Errorf("after one failure: %q", got)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := p.box.Health()["test"]; !strings.Contains(got, "not been taken since") {
			t.Errorf("after a minute: %q", got)
		}
		p.adapter.answer(nil)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := p.box.Health()["test"]; got != "" || len(p.pending()) != 0 {
			t.Errorf("when it is over: %q, %d pending", got, len(p.pending()))
		}
	})
}

func TestALateAnswerIsDated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, nil)
		p.adapter.answer(func(bots.Outgoing) (string, error) {
			return "", &bots.SendError{RetryAfter: 8 * time.Minute, Cause: errors.New("429")}
		})
		p.run()
		p.add(answerTo("site: reachable", "a"))
		settle()
		p.adapter.answer(nil)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		got := p.adapter.texts()
		if last := got[len(got)-1]; !strings.HasPrefix(last, "This answer comes late: it was written at ") || !strings.HasSuffix(last, "site: reachable") {
			t.Errorf("sent %q", got)
		}
		if got[0] != "site: reachable" {
			t.Errorf("the first attempt: %q", got[0])
		}
	})
}
