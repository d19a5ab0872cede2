package e2e

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"onionbot/bots/telegram/telegramtest"
)

// privateLink is the path that a drop's owner has.
var privateLink = regexp.MustCompile(`\.onion(/[a-z2-7]{26}/)`)

func ownersPath(t *testing.T, text string) string {
	t.Helper()
	found := privateLink.FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no private link in: %s", text)
	}
	return found[1]
}

// received waits for a file in the chat.
func received(t *testing.T, api *telegramtest.Server, person int64, name string) string {
	t.Helper()
	content := ""
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	if !api.Wait(ctx, person, func(all []telegramtest.Sent) bool {
		for _, m := range all {
			if m.FileName == name {
				content = string(m.Document)
				return true
			}
		}
		return false
	}) {
		t.Fatalf("no file %s; the chat: %+v", name, api.Chat(person))
	}
	return content
}

// TestAStrangersFileReachesThePhone leaves a file on a page behind an onion:
// it comes to the owner's phone, opens behind their link, and nowhere else.
func TestAStrangersFileReachesThePhone(t *testing.T) {
	t.Parallel()
	const ann = 1001
	b, api := telegramBotFor(t, anything)
	b.start()
	api.Type(ann, "start drop for 1h")
	card := answered(t, api, ann, "reachable", ".onion")
	onion, private := address(t, card.Text), ownersPath(t, card.Text)

	stranger := newGuest(t, "stranger", onion)
	plan := "a plan that nobody else must see"
	if res, page := stranger.leave("../the plan.pdf", plan, "a word about the plan"); res.StatusCode != http.StatusOK || !strings.Contains(page, "One file and a note came in whole") {
		t.Fatalf("%s: %s", res.Status, page)
	}
	told := answered(t, api, ann, "Somebody has left 1 file and a note", "It follows here.")
	if ownersPath(t, told.Text) != private || strings.Contains(told.Text, "plan") {
		t.Errorf("told: %+v", told)
	}
	if got := received(t, api, ann, "the plan.pdf"); got != plan {
		t.Errorf("%q", got)
	}
	if got := received(t, api, ann, "note.txt"); got != "a word about the plan" {
		t.Errorf("%q", got)
	}

	owner := newGuest(t, "owner", onion)
	if _, page := owner.get(private); !strings.Contains(page, "the plan.pdf") || !strings.Contains(page, "a word about the plan") {
		t.Errorf("behind the link: %s", page)
	}
	res, got := owner.get(private + "1/1/the%20plan.pdf")
	if got != plan || !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%q, %v", got, res.Header)
	}
	for _, path := range []string{"/1/1/the%20plan.pdf", "/files/1/1", "/news", private[:len(private)-2] + "/"} {
		if res, _ := stranger.get(path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
	b.wantForgotten(plan, "a word about the plan", "the plan.pdf")
	api.Type(ann, "stop")
	answered(t, api, ann, "gone", "checked")
	wantDark(t, onion)
	b.wantNothingLeft(onion, strings.Trim(private, "/"), plan)
	if refused := api.Refusals(); len(refused) != 0 {
		t.Errorf("calls that Telegram would refuse: %v", refused)
	}
}
