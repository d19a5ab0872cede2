package conversation

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"onionbot/bots"
	"onionbot/services"
)

func TestARevokedNetworkShowsInHealthAndComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		revoked := h.adapter.events
		close(revoked)
		h.run()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if got := h.hub.Health()["test"]; got != "it does not receive messages" {
			t.Errorf("health %q", got)
		}
		h.stop()
		h.adapter.events = make(chan []services.Incoming)
		h.run()
		h.adapter.events <- []services.Incoming{event(1, "1 list")}
		synctest.Wait()
		if got := h.hub.Health()["test"]; got != "" || len(h.audit()) != 1 {
			t.Errorf("health %q, %d audit entries", got, len(h.audit()))
		}
	})
}

func TestReceivingIsTriedAgainWhateverItSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.adapter.broken = errors.New("the adapter broke")
		close(h.adapter.events)
		h.run()
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		h.adapter.mu.Lock()
		defer h.adapter.mu.Unlock()
		if n := h.adapter.received; n < 24*6 || n > 24*60 {
			t.Errorf("Receive was called %d times in a day", n)
		}
		if h.hub.Health()["test"] == "" {
			t.Error("health does not say that nothing is received")
		}
		h.stop()
	})
}

// clockedAdapter is a network that tells the time.
type clockedAdapter struct {
	*fakeAdapter
	ahead time.Duration
}

func (c clockedAdapter) ClockAhead() time.Duration { return c.ahead }

func TestAWrongClockShowsInHealth(t *testing.T) {
	for ahead, want := range map[time.Duration]string{
		0: "", 50 * time.Second: "", 2 * time.Hour: "is 2 h ahead", -90 * time.Minute: "is 1 h 30 min behind",
	} {
		hub := NewHub(HubOptions{Adapters: []bots.Adapter{clockedAdapter{&fakeAdapter{}, ahead}}})
		if got := hub.Health()["test"]; (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s ahead: %q", ahead, got)
		}
	}
}
