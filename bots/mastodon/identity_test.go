package mastodon_test

import (
	"testing"

	"onionbot/bots/mastodon"
	"onionbot/bots/mastodon/mastodontest"
)

func TestAPinnedActorIsHeardAndAnswered(t *testing.T) {
	onEach(t, func(t *testing.T, s *mastodontest.Server) {
		alice := s.AddAccount("alice@remote.example")
		for _, pin := range []string{"", alice.URI, alice.URL} {
			a := newAdapter(t, s, func(o *mastodon.Options) { o.Actor = pinned(alice.ID, pin) })
			m := ask(t, s, a, mastodontest.Toot{From: alice, Text: "@onionbot status"})
			if m.From.Account != alice.ID {
				t.Errorf("pinned as %q: account %q", pin, m.From.Account)
			}
			send(t, a, outgoing(s, alice, "reply/"+pin, "hello "+pin))
		}
	})
}

// TestAnIDOfAnotherActorIsAStranger: the bot moved to another server, where
// the id of the configuration is somebody else's.
func TestAnIDOfAnotherActorIsAStranger(t *testing.T) {
	onEach(t, func(t *testing.T, s *mastodontest.Server) {
		mallory := s.AddAccount("mallory@evil.example")
		a := newAdapter(t, s, func(o *mastodon.Options) {
			o.Actor = pinned(mallory.ID, "https://remote.example/users/alice")
		})
		m := ask(t, s, a, mastodontest.Toot{From: mallory, Text: "@onionbot status"})
		if m.From.Account == mallory.ID || m.Route.Account == mallory.ID || m.From.Account == "" {
			t.Errorf("account %q, route %+v", m.From.Account, m.Route)
		}
		// What waits for alice is not told to mallory.
		if f := sendFailure(t, a, outgoing(s, mallory, "reply/1", "secret")); !f.Permanent {
			t.Errorf("failure %+v", f)
		}
		if posts := s.Posts(); len(posts) > 0 {
			t.Errorf("posted %+v", posts)
		}
	})
}

func TestIdentitiesOfAConfiguration(t *testing.T) {
	for text, ok := range map[string]bool{
		"109302436954721982":                          true,
		" 01JD  https://elsewhere.example/users/ann ": true,
		"1 http://abc.onion/users/ann":                true,
		"":                                            false,
		"1 2 3":                                       false,
		"1 elsewhere.example/users/ann":               false,
		"1 ftp://elsewhere.example/ann":               false,
	} {
		id, err := mastodon.ParseIdentity(text)
		if (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
		if again, err := mastodon.ParseIdentity(id.String()); ok && (err != nil || again != id) {
			t.Errorf("%q becomes %+v, %v", text, again, err)
		}
	}
}

// pinned names the actor of one account.
func pinned(id, actor string) func(string) string {
	return func(account string) string {
		if account == id {
			return actor
		}
		return ""
	}
}
