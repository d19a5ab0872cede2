package conversation

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"onionbot/bots"
	"onionbot/services"
)

// countingAdapter repeats failed attempts by itself.
type countingAdapter struct{ *fakeAdapter }

func (countingAdapter) ReceiveErrors() uint64 { return 5 }

func TestReceivingIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		var full atomic.Bool
		h.store.Fail = func(op string) error {
			if full.Load() && op == "Update" {
				return errors.New("disk full")
			}
			return nil
		}
		h.run()
		h.adapter.events <- []services.Incoming{event(1, "1 list"), event(2, "666 list")}
		h.adapter.events <- []services.Incoming{event(1, "1 list"), event(3, "1 list")} // the first again
		synctest.Wait()
		full.Store(true)
		h.adapter.events <- []services.Incoming{event(4, "1 list")}
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		if diff := cmp.Diff(map[string]Received{"test": {Events: 3, Errors: 1}}, h.hub.Received()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestErrorsThatAnAdapterCountsAreAdded(t *testing.T) {
	h := newHouse(t)
	h.hub = NewHub(HubOptions{Adapters: []bots.Adapter{countingAdapter{h.adapter}}, Store: h.store, Clock: h.clock})
	if got := h.hub.Received()["test"].Errors; got != 5 {
		t.Errorf("%d errors", got)
	}
}

func TestSendingIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, nil)
		flaky := 2
		p.adapter.answer(func(out bots.Outgoing) (string, error) {
			switch {
			case out.To.Account == "blocker":
				return "", &bots.SendError{Unwelcome: true, Permanent: true, Cause: errors.New("403")}
			case out.Key == "refused":
				return "", &bots.SendError{Permanent: true, Cause: errors.New("400")}
			case out.Key == "flaky" && flaky > 0:
				flaky--
				return "", &bots.SendError{Cause: errors.New("502")}
			}
			return "m", nil
		})
		p.run()
		p.add(answerTo("flaky", "a"), answerTo("refused", "b"), answerTo("c1", "c"), answerTo("blocker", "blocker"))
		time.Sleep(time.Hour)
		synctest.Wait()
		want := map[Sends]uint64{
			{"test", SendOK}: 2, {"test", SendRetry}: 2, {"test", SendGivenUp}: 1, {"test", SendUnwelcome}: 1,
		}
		if diff := cmp.Diff(want, p.box.Sent()); diff != "" {
			t.Error(diff)
		}
	})
}
