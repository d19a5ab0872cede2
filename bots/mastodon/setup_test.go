package mastodon_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"onionbot/bots/mastodon"
	"onionbot/bots/mastodon/mastodontest"
	"onionbot/services"
)

// person reads the address from the output and types the code.
type person struct {
	s     *mastodontest.Server
	out   bytes.Buffer
	typed io.Reader
}

func (p *person) Write(b []byte) (int, error) { return p.out.Write(b) }

func (p *person) Read(b []byte) (int, error) {
	if p.typed == nil {
		address := regexp.MustCompile(`http\S+/oauth/authorize\S+`).FindString(p.out.String())
		p.typed = strings.NewReader(p.s.Authorize(address) + "\n")
	}
	return p.typed.Read(b)
}

func TestLoginWritesATokenThatWorks(t *testing.T) {
	onEach(t, func(t *testing.T, s *mastodontest.Server) {
		file := filepath.Join(t.TempDir(), "token")
		p := &person{s: s}
		if err := mastodon.Login(t.Context(), mastodon.LoginOptions{
			Server: s.URL, In: p, Out: p, TokenFile: file,
		}); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("mode %v, %v", info.Mode(), err)
		}
		token, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(p.out.String(), strings.TrimSpace(string(token))) {
			t.Error("the token was printed")
		}
		// With the least rights everything works.
		a := newAdapter(t, s, func(o *mastodon.Options) { o.Token = services.Secret(strings.TrimSpace(string(token))) })
		alice := s.AddAccount("alice")
		m := ask(t, s, a, mastodontest.Toot{From: alice, Text: "@onionbot start site"})
		out := outgoing(s, alice, "reply/1", "hello")
		out.To, out.Reply.QR = m.Route, "http://x.onion"
		out.Edit = send(t, a, out)
		out.Attempt = 1
		send(t, a, out)
	})
}

func TestAWrongCodeLeavesNoFile(t *testing.T) {
	s := mastodontest.New(t, mastodontest.Mastodon45)
	file := filepath.Join(t.TempDir(), "token")
	err := mastodon.Login(t.Context(), mastodon.LoginOptions{
		Server: s.URL, In: strings.NewReader("wrong\n"), Out: io.Discard, TokenFile: file,
	})
	if err == nil {
		t.Error("no error")
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is there: %v", err)
	}
}

// check runs Check and returns what it printed.
func check(t *testing.T, s *mastodontest.Server, answers string, users ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := mastodon.Check(t.Context(), mastodon.CheckOptions{
		Server: s.URL, Token: mastodontest.Token, Users: users, Fix: answers != "",
		In: strings.NewReader(answers), Out: &out,
	})
	if strings.Contains(out.String(), mastodontest.Token) {
		t.Error("the token was printed")
	}
	return out.String(), err
}

func TestCheckSaysHowTheConfigNamesSomebody(t *testing.T) {
	onEach(t, func(t *testing.T, s *mastodontest.Server) {
		alice := s.AddAccount("alice@remote.example")
		entry := alice.ID + " " + alice.URI
		for name, listed := range map[string]bool{
			alice.ID: true, entry: true, "alice@remote.example": false, "@alice@remote.example": false,
		} {
			out, err := check(t, s, "", name)
			if !strings.Contains(out, strconv.Quote(entry)) || listed != (err == nil) {
				t.Errorf("%s: %v\n%s", name, err, out)
			}
		}
		if out, _ := check(t, s, "", "stranger@far.example"); !strings.Contains(out, "https://far.example/users/stranger") {
			t.Errorf("an account that only its own server knows:\n%s", out)
		}
		for _, name := range []string{"nobody@far.example", "a b c", alice.ID + " https://evil.example/users/alice"} {
			if out, err := check(t, s, "", name); !errors.Is(err, mastodon.ErrProblems) {
				t.Errorf("%s: %v\n%s", name, err, out)
			}
		}
	})
}

func TestCheckFindsFilteredMentionsAndOffersToFollow(t *testing.T) {
	s := mastodontest.New(t, mastodontest.Mastodon45)
	alice := s.AddAccount("alice")
	s.SetPolicy("for_private_mentions", "filter")
	if out, err := check(t, s, "", alice.ID); !errors.Is(err, mastodon.ErrProblems) {
		t.Errorf("%v\n%s", err, out)
	}
	if s.Following(alice) {
		t.Error("followed without consent")
	}
	// The note is declined, following agreed.
	if out, err := check(t, s, "n\ny\n", alice.ID); err != nil || !s.Following(alice) {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := check(t, s, "", alice.ID); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestCheckOffersToOpenThePolicyAndMarkTheBot(t *testing.T) {
	s := mastodontest.New(t, mastodontest.Mastodon45)
	alice := s.AddAccount("alice")
	s.Change(func() { s.Bot.Bot = false })
	s.SetPolicy("for_private_mentions", "drop")
	s.SetPolicy("for_new_accounts", "filter")
	out, err := check(t, s, "y\ny\ny\nn\ny\n", alice.ID)
	if err != nil || s.Policy("for_private_mentions") != "accept" || s.Policy("for_new_accounts") != "accept" {
		t.Errorf("%v\n%s", err, out)
	}
	s.Change(func() {
		if !s.Bot.Bot || s.Bot.Note == "" {
			t.Errorf("bot %t, note %q", s.Bot.Bot, s.Bot.Note)
		}
	})
}

func TestCheckFindsMissingRights(t *testing.T) {
	s := mastodontest.New(t, mastodontest.Mastodon45)
	s.GrantScopes(mastodontest.Token, "read:accounts", "write:statuses", "write:media")
	out, err := check(t, s, "")
	if !errors.Is(err, mastodon.ErrProblems) || !strings.Contains(out, "read:notifications") {
		t.Errorf("%v\n%s", err, out)
	}
}
