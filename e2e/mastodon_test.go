package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"onionbot/bots/mastodon/mastodontest"
)

// TestPrivateMentionStartsASiteOverMastodon is heard through Tor; the bot is
// killed between hearing and answering.
func TestPrivateMentionStartsASiteOverMastodon(t *testing.T) {
	t.Parallel()
	setUp(t)
	server := mastodontest.New(t, mastodontest.Mastodon45)
	ann := server.AddAccount("ann@elsewhere.example")
	stranger := server.AddAccount("stranger@elsewhere.example")
	b := newBot(t, mastodonUser(server, ann))
	b.write("token", mastodontest.Token+"\n")
	b.start()
	wait(t, 60*time.Second, "polled once: history is never executed", func() bool {
		return slices.ContainsFunc(server.Requests(), func(r mastodontest.Request) bool {
			return strings.HasPrefix(r.Path, "/api/v1/notifications")
		})
	})
	time.Sleep(2 * time.Second) // the first poll's cursor is stored
	server.Mention(stranger, "direct", "start site")
	server.Mention(ann, "public", "start site")
	server.Mention(ann, "direct", "start site for 1h\n# Party\n\nTonight at *eight*")
	time.Sleep(1500 * time.Millisecond)
	b.kill()
	b.start()
	var card mastodontest.Post
	wait(t, 90*time.Second, "reachable", func() bool {
		for _, p := range server.Posts() {
			if strings.Contains(p.Text, "reachable") {
				card = p
				return true
			}
		}
		return false
	})
	onion := address(t, card.Text)
	if page := mustVisit(t, onion); !strings.Contains(page, "<em>eight</em>") {
		t.Errorf("page: %.400s", page)
	}
	server.Mention(ann, "direct", "stop site")
	wait(t, 60*time.Second, "gone", func() bool {
		return slices.ContainsFunc(server.Posts(), func(p mastodontest.Post) bool { return strings.Contains(p.Text, "gone") })
	})
	wantDark(t, onion)
	for _, p := range server.Posts() {
		if p.Visibility != "direct" || len(p.Readers) != 1 || p.Readers[0] != "ann@elsewhere.example" {
			t.Errorf("%q could be read by %v (%s)", p.Text, p.Readers, p.Visibility)
		}
	}
	b.wantForgotten(onion, mastodontest.Token)
}

// mastodonUser is the part of a configuration with a user who is heard
// through Tor.
func mastodonUser(server *mastodontest.Server, ann *mastodontest.Account) string {
	return fmt.Sprintf(`
[mastodon]
server = %q
token_file = "token"
poll = "1s"
[[users]]
name = "ann"
mastodon = [%q]
services = ["site"]
max_instances = 2
max_life = "4h"
`, server.URL, ann.ID)
}
