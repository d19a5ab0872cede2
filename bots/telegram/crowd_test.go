package telegram_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onionbot/bots/telegram/telegramtest"
	"onionbot/services"
)

// TestTwoHundredPeopleOfWhomTwentyMay has a real database, which is slow under
// the race detector: with ONIONBOT_SOAK everybody says more.
func TestTwoHundredPeopleOfWhomTwentyMay(t *testing.T) {
	const people, allowed, first = 200, 20, int64(5000)
	each := 20
	if os.Getenv("ONIONBOT_SOAK") != "" {
		each = 80
	}
	h := newHouse(t)
	for p := range allowed {
		h.admit(first+int64(p), 2)
	}
	for _, kind := range []telegramtest.Kind{telegramtest.Duplicate, telegramtest.Reorder, telegramtest.Cut, telegramtest.CutAfter, telegramtest.Gateway} {
		h.server.Fault(telegramtest.Fault{Kind: kind, Method: "getUpdates", Times: 3})
	}
	for _, kind := range []telegramtest.Kind{telegramtest.Gateway, telegramtest.Cut, telegramtest.Broken} {
		h.server.Fault(telegramtest.Fault{Kind: kind, Method: "sendMessage", Times: 5})
	}
	h.start()
	for i := range each {
		for p := range people {
			h.say(first+int64(p), i)
		}
		if i == each/2 { // in the middle of it all
			h.stop()
			h.start()
		}
	}
	h.settled()
	got := counts(h, people, first)
	want := tally{
		Starts:    allowed * 2,
		Replies:   allowed * (each - 1), // all but the group
		Talkative: allowed,
		Strangers: (people - allowed) * (each - 1), // in the audit; the group is not even looked at
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if r := h.server.Refusals(); len(r) > 0 {
		t.Errorf("the server refused %q", r)
	}
}

// say is the i-th thing that everybody says.
func (h *house) say(who int64, i int) {
	text := map[int]string{0: "/start", 1: "start site", 2: "start site as two", 3: "start site as three", 4: "frobnicate"}[i]
	if text == "" {
		text = "list"
	}
	m := h.server.Message(who, text)
	switch i {
	case 5:
		m["chat"] = map[string]any{"id": -7, "type": "supergroup"}
	case 6:
		m["forward_origin"] = map[string]any{"type": "hidden_user"}
	}
	h.server.Push("message", m)
}

type tally struct{ Starts, Replies, Talkative, Strangers int }

func counts(h *house, people int, first int64) tally {
	t := tally{Starts: len(h.instances())}
	for p := range people {
		n := len(h.server.Chat(first + int64(p)))
		t.Replies += n
		if n > 0 {
			t.Talkative++
		}
	}
	t.Strangers = h.audit(func(e services.AuditEntry) bool { return e.Outcome == "stranger" })
	return t
}
