package e2e

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onionbot/bots/mastodon/mastodontest"
)

// TestAMentionIsAnsweredOnceWhereverTheBotDies kills the bot on both sides of
// each thing that makes a mention safe: stored, carried out, the reply's
// attempt noted, the arrival of its post noted. The server of one
// flavour drops a repeated post by itself; on the other two the bot has to find
// its own earlier post.
func TestAMentionIsAnsweredOnceWhereverTheBotDies(t *testing.T) {
	t.Parallel()
	for _, flavour := range mastodontest.Flavours() {
		t.Run(string(flavour)+"/out", func(t *testing.T) { answersOnce(t, flavour, "claim", "confirm") })
	}
	// The way in does not depend on the server.
	t.Run("in", func(t *testing.T) { answersOnce(t, mastodontest.Mastodon45, "keep", "handle") })
}

// answersOnce lets one bot die on both sides of each step.
func answersOnce(t *testing.T, flavour mastodontest.Flavour, steps ...string) {
	t.Parallel()
	setUp(t)
	server := mastodontest.New(t, flavour)
	ann := server.AddAccount("ann@elsewhere.example")
	b := newBot(t, chatUser(server, ann))
	b.write("token", mastodontest.Token)
	b.start()
	wait(t, 30*time.Second, "nothing to do", b.idle)
	for i, at := range bothSides(steps...) {
		if !b.diesAndAnswersOnce(server, ann, fmt.Sprintf("s%d", i), at+"/mastodon") {
			t.Fatalf("wrong after a death at %s", at)
		}
	}
}

// diesAndAnswersOnce lets the bot die at a point of a mention's way, and
// looks at what the next one makes of it.
func (b *bot) diesAndAnswersOnce(server *mastodontest.Server, ann *mastodontest.Account, name, at string) bool {
	b.t.Helper()
	b.kill()
	b.env = []string{"ONIONBOT_CRASH_AT=" + at}
	b.start()
	server.Mention(ann, "direct", "start site as "+name+" for 1h")
	select {
	case <-b.done:
	case <-time.After(30 * time.Second):
		b.t.Fatalf("the bot did not pass %s", at)
	}
	b.kill()
	b.env = nil
	b.start()
	wait(b.t, 90*time.Second, "reachable: "+name, func() bool { return said(server, name+" is reachable (") > 0 })
	rows := 0
	for _, r := range b.look().rows {
		if r.name == name {
			rows++
		}
	}
	if rows != 1 {
		b.t.Errorf("at %s: %d instances", at, rows)
	}
	server.Mention(ann, "direct", "stop "+name)
	wait(b.t, 60*time.Second, "gone: "+name, func() bool { return said(server, name+" is gone: ") > 0 })
	wait(b.t, 30*time.Second, "everything told", b.idle)
	b.wantSaidOnce(server, at, name)
	return !b.t.Failed()
}

// wantSaidOnce looks through all posts for what is there twice, and for who
// could read it.
func (b *bot) wantSaidOnce(server *mastodontest.Server, at, name string) {
	b.t.Helper()
	seen := make(map[string]bool)
	for _, p := range server.Posts() {
		first, _, _ := strings.Cut(p.Text, "\n")
		if seen[first] {
			b.t.Errorf("at %s: said twice: %s", at, first)
		}
		seen[first] = true
		if p.Visibility != "direct" || len(p.Readers) != 1 || p.Readers[0] != "ann@elsewhere.example" {
			b.t.Errorf("at %s: %q could be read by %v", at, first, p.Readers)
		}
	}
	for _, once := range []string{name + " is reachable (", name + " is gone: "} {
		if n := said(server, once); n != 1 {
			b.t.Errorf("at %s: %q was said %d times", at, once, n)
		}
	}
}

// said counts the posts that say something.
func said(server *mastodontest.Server, words string) int {
	n := 0
	for _, p := range server.Posts() {
		if strings.Contains(p.Text, words) {
			n++
		}
	}
	return n
}

// idle reports whether every message was handled and every reply has gone out.
func (b *bot) idle() bool {
	b.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.dir, "state", "onionbot.db")+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		b.t.Fatal(err)
	}
	defer db.Close()
	waiting, err := list(db, `SELECT id FROM notices UNION ALL SELECT id FROM incoming`)
	if err != nil {
		b.t.Fatalf("read the database: %v", err)
	}
	return len(waiting) == 0
}
