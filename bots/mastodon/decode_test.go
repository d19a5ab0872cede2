package mastodon_test

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"onionbot/bots"
	"onionbot/bots/mastodon"
	"onionbot/bots/mastodon/mastodontest"
	"onionbot/services"
)

func TestAPrivateMentionIsACommand(t *testing.T) {
	onEach(t, func(t *testing.T, s *mastodontest.Server) {
		alice := s.AddAccount("alice@remote.example")
		a := newAdapter(t, s, nil)
		m := ask(t, s, a, mastodontest.Toot{From: alice, Text: "@onionbot start site\n# Hi\n\nthere"})
		want := &bots.Message{
			Network: "mastodon",
			From:    bots.Identity{Account: alice.ID, Handle: "alice@remote.example", Actor: "https://remote.example/users/alice"},
			Route:   services.Route{Network: "mastodon", Account: alice.ID, Chat: "alice@remote.example", ReplyTo: m.ID},
			Text:    "start site\n# Hi\n\nthere",
			Lang:    "en",
		}
		if diff := cmp.Diff(want, m, cmpopts.IgnoreFields(bots.Message{}, "ID", "SentAt")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWhoCanReadItDecidesWhetherItIsPublic(t *testing.T) {
	for _, c := range []struct {
		name       string
		visibility string
		text       string
		public     bool
	}{
		{"direct to the bot alone", "direct", "@onionbot start site", false},
		{"the sender mentions themself too", "direct", "@onionbot @alice start site", false},
		{"public", "public", "@onionbot start site", true},
		{"unlisted", "unlisted", "@onionbot start site", true},
		{"followers only", "private", "@onionbot start site", true},
		{"direct with a second reader", "direct", "@onionbot @carol start site", true},
		{"second reader at the end", "direct", "@onionbot start site @carol@far.example", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, s *mastodontest.Server) {
				s.AddAccount("carol")
				a := newAdapter(t, s, nil)
				m := ask(t, s, a, mastodontest.Toot{From: s.AddAccount("alice"), Visibility: c.visibility, Text: c.text})
				if m == nil || m.Public != c.public {
					t.Errorf("message %+v, want public %t", m, c.public)
				}
			})
		})
	}
}

func TestBotsAndTheBotItselfAreIgnored(t *testing.T) {
	onEach(t, func(t *testing.T, s *mastodontest.Server) {
		robot := s.AddAccount("robot")
		s.Change(func() { robot.Bot = true })
		a := newAdapter(t, s, nil)
		for _, from := range []*mastodontest.Account{robot, s.Bot} {
			if m := ask(t, s, a, mastodontest.Toot{From: from, Text: "@onionbot start site"}); m != nil {
				t.Errorf("%s: got %+v", from.Acct, m)
			}
		}
	})
}

func TestADisplayNameDecidesNothing(t *testing.T) {
	s := mastodontest.New(t, mastodontest.Mastodon45)
	operator, mallory := s.AddAccount("operator"), s.AddAccount("mallory@evil.example")
	s.Change(func() { operator.DisplayName = "Operator"; mallory.DisplayName = "Operator (@operator)" })
	m := ask(t, s, newAdapter(t, s, nil), mastodontest.Toot{From: mallory, Text: "@onionbot status all"})
	if m.From.Account != mallory.ID || m.From.Handle != "mallory@evil.example" {
		t.Errorf("identity %+v", m.From)
	}
}

func TestAnAddressThatCameBackWithAnotherIDIsAnotherPerson(t *testing.T) {
	onEach(t, func(t *testing.T, s *mastodontest.Server) {
		alice := s.AddAccount("alice@remote.example")
		a := newAdapter(t, s, nil)
		first := ask(t, s, a, mastodontest.Toot{From: alice, Text: "@onionbot status"})
		second := ask(t, s, a, mastodontest.Toot{From: s.Reborn(alice), Text: "@onionbot status"})
		if first.From.Handle != second.From.Handle || first.From.Account == second.From.Account {
			t.Errorf("first %+v, second %+v", first.From, second.From)
		}
	})
}

func TestContentWarnings(t *testing.T) {
	s := mastodontest.New(t, mastodontest.Mastodon45)
	alice, a := s.AddAccount("alice"), newAdapter(t, s, nil)
	over := ask(t, s, a, mastodontest.Toot{From: alice, Text: "@onionbot start site", SpoilerText: "bots"})
	if over.Text != "start site" {
		t.Errorf("text %q", over.Text)
	}
	instead := ask(t, s, a, mastodontest.Toot{From: alice, Text: "@onionbot", SpoilerText: "start site"})
	if instead.Text != "start site" {
		t.Errorf("text %q", instead.Text)
	}
}

func TestPicturesComeAlongWithoutTheToken(t *testing.T) {
	onEach(t, func(t *testing.T, s *mastodontest.Server) {
		var picture bytes.Buffer
		if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
			t.Fatal(err)
		}
		m := ask(t, s, newAdapter(t, s, nil), mastodontest.Toot{
			From: s.AddAccount("alice"), Text: "@onionbot start site", Media: [][]byte{picture.Bytes()},
		})
		if len(m.Attachments) != 1 {
			t.Fatalf("attachments %+v", m.Attachments)
		}
		r, err := m.Attachments[0].Open(t.Context()) // the fake fails the test if it sees the token
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, picture.Bytes()) {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
	})
}

func TestATooLargePictureEndsWithAnError(t *testing.T) {
	s := mastodontest.New(t, mastodontest.Mastodon45)
	m := ask(t, s, newAdapter(t, s, nil), mastodontest.Toot{
		From: s.AddAccount("alice"), Text: "@onionbot start site", Media: [][]byte{make([]byte, 20<<20+1)},
	})
	if _, err := m.Attachments[0].Open(t.Context()); err == nil {
		t.Error("no error")
	}
}

func TestWhatCannotBeReadIsAnError(t *testing.T) {
	a := newAdapter(t, mastodontest.New(t, mastodontest.Mastodon45), nil)
	if _, err := a.Decode(t.Context(), services.Incoming{Raw: []byte("{")}); err == nil {
		t.Error("no error")
	}
}

var _ bots.Adapter = (*mastodon.Adapter)(nil)
