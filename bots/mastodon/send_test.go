package mastodon_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onionbot/bots"
	"onionbot/bots/mastodon"
	"onionbot/bots/mastodon/mastodontest"
	"onionbot/services"
)

// outgoing is a reply to a private mention of from.
func outgoing(s *mastodontest.Server, from *mastodontest.Account, key, text string) bots.Outgoing {
	id := s.Mention(from, "direct", "start site")
	return bots.Outgoing{
		Key:   key,
		To:    services.Route{Network: "mastodon", Account: from.ID, Chat: from.Acct, ReplyTo: id},
		Reply: bots.Reply{Text: text},
	}
}

func send(t *testing.T, a *mastodon.Adapter, out bots.Outgoing) string {
	t.Helper()
	id, err := a.Send(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// sendFailure is the error of a Send that must fail.
func sendFailure(t *testing.T, a *mastodon.Adapter, out bots.Outgoing) *bots.SendError {
	t.Helper()
	_, err := a.Send(t.Context(), out)
	var failure *bots.SendError
	if !errors.As(err, &failure) {
		t.Fatalf("err = %v, want a SendError", err)
	}
	if strings.Contains(err.Error(), mastodontest.Token) {
		t.Error("the token is in the error")
	}
	return failure
}

func TestAReplyIsReadByItsRecipientAlone(t *testing.T) {
	for _, acct := range []string{"alice", "alice@remote.example"} {
		t.Run(acct, func(t *testing.T) {
			onEach(t, func(t *testing.T, s *mastodontest.Server) {
				alice := s.AddAccount(acct)
				a := newAdapter(t, s, func(o *mastodon.Options) { o.ContentWarning = "onionbot"; o.Language = "de" })
				out := outgoing(s, alice, "reply/1", "Your site is being published.")
				id := send(t, a, out)
				want := []mastodontest.Post{{
					ID: id, Text: "@" + acct + " Your site is being published.", Visibility: "direct",
					ReplyTo: out.To.ReplyTo, Language: "de", SpoilerText: "onionbot", Readers: []string{acct},
				}}
				if diff := cmp.Diff(want, s.Posts()); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestUserTextAddsNoReader(t *testing.T) {
	onEach(t, func(t *testing.T, s *mastodontest.Server) {
		s.AddAccount("victim")
		alice := s.AddAccount("alice")
		a := newAdapter(t, s, nil)
		for i, text := range []string{
			"I do not know “@victim”.",
			"I do not know “start @victim@evil.example”.",
			"x\n@victim\n\t@victim (@victim) .@victim ,@victim “@victim” ＠victim \u200b@victim",
			"a@victim =@victim /@victim https://evil.example/@victim",
			"@\u2060@victim @@victim @_@victim",
			"ssh onion@" + strings.Repeat("a", 56) + ".onion",
			"ssh victim@evil.example",
		} {
			send(t, a, outgoing(s, alice, "k"+string(rune('a'+i)), text))
		}
		for _, p := range s.Posts() {
			if diff := cmp.Diff([]string{"alice"}, p.Readers); diff != "" {
				t.Errorf("%q: %s", p.Text, diff)
			}
		}
	})
}

func TestTheReplyGoesToTheAccountAndNotToItsOldAddress(t *testing.T) {
	onEach(t, func(t *testing.T, s *mastodontest.Server) {
		alice := s.AddAccount("alice@remote.example")
		a := newAdapter(t, s, nil)
		out := outgoing(s, alice, "reply/1", "secret")
		s.Reborn(alice)
		if f := sendFailure(t, a, out); !f.Unwelcome {
			t.Errorf("failure %+v", f)
		}
		if posts := s.Posts(); len(posts) > 0 {
			t.Errorf("posted %+v", posts)
		}
	})
}

func TestARepeatedAttemptPostsOnce(t *testing.T) {
	for _, fault := range []mastodontest.Fault{
		{Method: "POST", Path: "/api/v1/statuses", After: true, Cut: true},
		{Method: "POST", Path: "/api/v1/statuses", After: true, Status: 502, Body: "<html>"},
	} {
		onEach(t, func(t *testing.T, s *mastodontest.Server) {
			a := newAdapter(t, s, nil)
			out := outgoing(s, s.AddAccount("alice@remote.example"), "reply/1", "Two lines\n\nand “a@b” http://x.example/y?z=1&w=2")
			s.Fault(fault)
			if f := sendFailure(t, a, out); f.Permanent || f.Unwelcome {
				t.Errorf("failure %+v", f)
			}
			// The process dies here: another adapter has no memory.
			a = newAdapter(t, s, nil)
			out.Attempt = 1
			id := send(t, a, out)
			if posts := s.Posts(); len(posts) != 1 || posts[0].ID != id {
				t.Errorf("posts %+v", posts)
			}
		})
	}
}

func TestAnEqualTextThatWasAnotherMessageIsNotTakenForThisOne(t *testing.T) {
	onEach(t, func(t *testing.T, s *mastodontest.Server) {
		a := newAdapter(t, s, nil)
		out := outgoing(s, s.AddAccount("alice"), "down/1", "Your site is not reachable.")
		send(t, a, out)
		out.Key, out.Attempt = "down/2", 1
		send(t, a, out)
		if posts := s.Posts(); len(posts) != 2 {
			t.Errorf("posts %+v", posts)
		}
	})
}

func TestProgressEditsWhereTheServerCan(t *testing.T) {
	onEach(t, func(t *testing.T, s *mastodontest.Server) {
		alice := s.AddAccount("alice")
		a := newAdapter(t, s, nil)
		out := outgoing(s, alice, "reply/1", "Starting…")
		out.Reply.QR = "http://x.onion"
		first := send(t, a, out)
		out.Key, out.Edit, out.Reply = "progress/1", first, bots.Reply{Text: "Publishing…"}
		second := send(t, a, out)
		out.Key, out.Alert, out.Edit, out.Reply.Text = "reachable/1", true, second, "Reachable."
		third := send(t, a, out)

		posts := s.Posts()
		if s.Posts()[len(posts)-1].ID != third || third == second {
			t.Errorf("the alert %s is not a new post", third)
		}
		switch edited := first == second; {
		case edited && (len(posts) != 2 || posts[0].Text != "@alice Publishing…" || posts[0].Edits != 1 || len(posts[0].Media) != 1):
			t.Errorf("posts %+v", posts)
		case !edited && len(posts) != 3:
			t.Errorf("posts %+v", posts)
		}
		for _, p := range posts {
			if !cmp.Equal(p.Readers, []string{"alice"}) || p.Visibility != "direct" {
				t.Errorf("readers %v of %q", p.Readers, p.Text)
			}
		}
	})
}

func TestAnEditOfADeletedPostBecomesANewOne(t *testing.T) {
	s := mastodontest.New(t, mastodontest.Mastodon45)
	a := newAdapter(t, s, nil)
	out := outgoing(s, s.AddAccount("alice"), "reply/1", "Starting…")
	out.Edit = send(t, a, out)
	s.Delete(out.Edit)
	out.Key = "reply/2"
	if id := send(t, a, out); id == out.Edit {
		t.Error("edited what is not there")
	}
}

func TestAReplyToADeletedPostStandsByItself(t *testing.T) {
	onEach(t, func(t *testing.T, s *mastodontest.Server) {
		a := newAdapter(t, s, nil)
		out := outgoing(s, s.AddAccount("alice"), "reply/1", "Gone, checked.")
		s.Delete(out.To.ReplyTo)
		send(t, a, out)
		if p := s.Posts(); len(p) != 1 || p[0].ReplyTo != "" {
			t.Errorf("posts %+v", p)
		}
	})
}

func TestLongRepliesBecomeAThreadWithinTheLimit(t *testing.T) {
	onEach(t, func(t *testing.T, s *mastodontest.Server) {
		a := newAdapter(t, s, func(o *mastodon.Options) { o.ContentWarning = "bot" })
		link := "http://" + strings.Repeat("a", 56) + ".onion"
		text := strings.TrimSpace(strings.Repeat("Line with äöü and 🧅 "+link+"\n", 120))
		out := outgoing(s, s.AddAccount("alice@remote.example"), "help/1", text)
		out.Reply.QR = link
		last := send(t, a, out)
		posts := s.Posts()
		if len(posts) < 2 || posts[len(posts)-1].ID != last {
			t.Fatalf("%d posts", len(posts))
		}
		replyTo, joined := out.To.ReplyTo, ""
		for i, p := range posts {
			if p.ReplyTo != replyTo || !cmp.Equal(p.Readers, []string{"alice@remote.example"}) {
				t.Errorf("post %d: %+v", i, p)
			}
			if (len(p.Media) > 0) != (i == len(posts)-1) {
				t.Errorf("post %d has %d pictures", i, len(p.Media))
			}
			replyTo = p.ID
			joined += strings.TrimPrefix(p.Text, "@alice@remote.example ") + "\n"
		}
		if strings.TrimSpace(joined) != text {
			t.Error("the parts are not the whole")
		}
		out.Attempt = 1 // a crash after all parts: nothing is repeated
		if id := send(t, newAdapter(t, s, func(o *mastodon.Options) { o.ContentWarning = "bot" }), out); id != last || len(s.Posts()) != len(posts) {
			t.Errorf("%d posts after the repetition, were %d", len(s.Posts()), len(posts))
		}
	})
}
