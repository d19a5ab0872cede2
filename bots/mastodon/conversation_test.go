package mastodon_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"onionbot/bots"
	"onionbot/bots/mastodon/mastodontest"
)

// TestConversations asks and answers as the hub does, with the process dying
// between the storing and the reply: another adapter does the rest from the row.
func TestConversations(t *testing.T) {
	for _, c := range []struct {
		name       string
		visibility string
		says       string
		understood string
		public     bool
		answer     string
		posted     string
	}{
		{"start", "direct", "start site", "start site", false, "Your site is starting.", "@alice@remote.example Your site is starting."},
		{"page from a toot", "direct", "start site\n# Hi\n\n* a", "start site\n# Hi\n\n* a", false, "ok", "@alice@remote.example ok"},
		{"a victim as a service", "direct", "start @victim", "start", true, "Only in private, please.", "@alice@remote.example Only in private, please."},
		{
			"a victim nobody knows", "direct", "start @phantom", "start @phantom", false, "I do not know “@phantom”.",
			"@alice@remote.example I do not know “@\u2060phantom”.",
		},
		{"asked in public", "public", "start site", "start site", true, "Only in private, please.", "@alice@remote.example Only in private, please."},
		{"asked before followers", "private", "stop site", "stop site", true, "Only in private, please.", "@alice@remote.example Only in private, please."},
	} {
		t.Run(c.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, s *mastodontest.Server) {
				s.AddAccount("victim")
				alice := s.AddAccount("alice@remote.example")
				before := newAdapter(t, s, nil)
				sh := newShelf()
				stop := receive(t, before, sh)
				sh.await(t, 0)
				s.Mention(alice, c.visibility, c.says)
				row := sh.await(t, 1)[0]
				_ = stop()

				after := newAdapter(t, s, nil)
				m := decode(t, after, row)
				if m.Text != c.understood || m.Public != c.public {
					t.Fatalf("understood %q, public %t", m.Text, m.Public)
				}
				send(t, after, bots.Outgoing{Key: "reply/mastodon/" + m.ID, To: m.Route, Reply: bots.Reply{Text: c.answer}})
				thread := m.ID
				if c.public { // others see what answers a post that they can read
					thread = ""
				}
				want := []mastodontest.Post{{
					Text: c.posted, Visibility: "direct", ReplyTo: thread, Language: "en", Readers: []string{"alice@remote.example"},
				}}
				got := s.Posts()
				if len(got) == 1 {
					want[0].ID = got[0].ID
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}
