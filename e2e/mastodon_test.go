package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onionbot/bots/mastodon/mastodontest"
)

// TestPrivateMentionStartsASiteOverMastodon is heard through Tor, on an
// exit or at the server's own onion address. The first words come the moment
// the bot is up; it is killed between hearing and answering.
func TestPrivateMentionStartsASiteOverMastodon(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		flavour mastodontest.Flavour
		onion   bool
	}{
		{"mastodon", mastodontest.Mastodon45, false},
		{"gotosocial", mastodontest.GoToSocial, false},
		{"mastodon at an onion address", mastodontest.Mastodon45, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			setUp(t)
			server := mastodontest.New(t, c.flavour)
			address := server.URL
			if c.onion {
				address = "http://" + publish(t, server.URL)
			}
			tellPrivately(t, server, address)
		})
	}
}

// tellPrivately is the story of one site on a server that is known by address.
func tellPrivately(t *testing.T, server *mastodontest.Server, at string) {
	ann := server.AddAccount("ann@elsewhere.example")
	stranger := server.AddAccount("stranger@elsewhere.example")
	server.Publish(mastodontest.Toot{From: ann, Text: "@onionbot start site as history", Age: time.Minute})
	b := newBot(t, mastodonUser(at, ann))
	requests := watchPeers(t, server)
	b.write("token", mastodontest.Token+"\n")
	b.env = []string{"ONIONBOT_CRASH_AT=after:keep/mastodon"}
	b.start()
	server.Mention(stranger, "direct", "start site")
	server.Mention(ann, "public", "start site")
	server.Mention(ann, "direct", "start site for 1h\n# Party\n\nTonight at *eight*")
	select {
	case <-b.done:
	case <-time.After(60 * time.Second):
		t.Fatal("nothing was heard")
	}
	b.kill()
	b.env = nil
	b.start()
	wait(t, 90*time.Second, "reachable", func() bool { return said(server, "site is reachable (") > 0 })
	var onion string
	for _, p := range server.Posts() {
		if strings.Contains(p.Text, "site is reachable (") {
			onion = address(t, p.Text)
		}
	}
	if page := mustVisit(t, onion); !strings.Contains(page, "<em>eight</em>") {
		t.Errorf("page: %.400s", page)
	}
	server.Mention(ann, "direct", "stop site")
	wait(t, 60*time.Second, "gone", func() bool { return said(server, "site is gone: ") > 0 })
	wantDark(t, onion)
	for _, once := range []string{"site is reachable (", "site is gone: ", "in a private message"} {
		if n := said(server, once); n != 1 {
			t.Errorf("%q was said %d times", once, n)
		}
	}
	if n := said(server, "history"); n > 0 {
		t.Errorf("%d answers to what was said before the bot existed", n)
	}
	for _, p := range server.Posts() {
		if p.Visibility != "direct" || len(p.Readers) != 1 || p.Readers[0] != "ann@elsewhere.example" {
			t.Errorf("%q could be read by %v (%s)", p.Text, p.Readers, p.Visibility)
		}
	}
	if requests() == 0 {
		t.Error("no request was seen")
	}
	b.wantForgotten(onion, mastodontest.Token)
}

// publish gives the server an onion address, by a tor of its own.
func publish(t *testing.T, url string) (onion string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "service")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tor, err := shared.network.StartClient(ctx, "instance", "HiddenServiceDir "+dir,
		"HiddenServicePort 80 "+strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tor.Stop)
	name, err := os.ReadFile(filepath.Join(dir, "hostname"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(name))
}

// mastodonUser is the part of a configuration with a user who is heard
// through Tor.
func mastodonUser(server string, ann *mastodontest.Account) string {
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
`, server, ann.ID+" "+ann.URI)
}
