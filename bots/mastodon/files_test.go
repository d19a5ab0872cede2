package mastodon_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"onionbot/bots"
	"onionbot/bots/mastodon/mastodontest"
)

// told is what a message has of files: name, description and content of each.
func told(t *testing.T, m *bots.Message) string {
	t.Helper()
	var out []string
	for _, f := range m.Attachments {
		r, err := f.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		_ = r.Close()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%q %q %s", f.Name, f.Description, data))
	}
	for _, missing := range m.Missing {
		out = append(out, "no "+missing)
	}
	return strings.Join(out, "\n")
}

func TestEveryFileOfAPostIsHadOrNamed(t *testing.T) {
	onEach(t, func(t *testing.T, s *mastodontest.Server) {
		m := ask(t, s, newAdapter(t, s, nil), mastodontest.Toot{From: s.AddAccount("alice@remote.example"), Text: "@onionbot start site", Files: []mastodontest.File{
			{Data: []byte("one"), Where: mastodontest.Original, Description: "a grey cat"},
			{Data: []byte("two"), Where: mastodontest.Original},
			{Data: []byte("three"), Where: mastodontest.Remote},
			{Data: []byte("four"), Where: mastodontest.Nowhere},
			{Data: []byte("five"), Kind: "unknown"},
			{Data: []byte("six"), Kind: "unknown", Where: mastodontest.Nowhere},
		}})
		want := `"" "a grey cat" one
"" "" two
"" "" three
no file that the server could not fetch
no file that the server could not fetch
no file that the server could not fetch`
		if got := told(t, m); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	})
}

func TestADocumentKeepsItsNameWhereTheServerTellsIt(t *testing.T) {
	onEach(t, func(t *testing.T, s *mastodontest.Server) {
		m := ask(t, s, newAdapter(t, s, nil), mastodontest.Toot{From: s.AddAccount("alice"), Text: "@onionbot start site", Files: []mastodontest.File{
			{Data: []byte("<p>hi"), Kind: "unknown", Name: "my page.html", Description: "my page.html"},
		}})
		if got := told(t, m); !strings.HasSuffix(m.Attachments[0].Name, ".html") || !strings.HasSuffix(got, "<p>hi") {
			t.Fatalf("got %s", got)
		}
		if strings.Contains(t.Name(), "pleroma") && told(t, m) != `"my page.html" "" <p>hi` {
			t.Errorf("got %s", told(t, m))
		}
	})
}

func TestTheAnswerToAPublicPostIsNotThreadedToIt(t *testing.T) {
	onEach(t, func(t *testing.T, s *mastodontest.Server) {
		alice, a := s.AddAccount("alice"), newAdapter(t, s, nil)
		for _, visibility := range []string{"public", "unlisted", "private"} {
			m := ask(t, s, a, mastodontest.Toot{From: alice, Visibility: visibility, Text: "@onionbot start site"})
			send(t, a, bots.Outgoing{Key: "reply/" + visibility, To: m.Route, Reply: bots.Reply{Text: "Others can read that."}})
			p := s.Posts()[len(s.Posts())-1]
			if !m.Public || p.ReplyTo != "" || p.Visibility != "direct" || fmt.Sprint(p.Readers) != "[alice]" {
				t.Errorf("%s: %+v", visibility, p)
			}
		}
	})
}

func TestAnswersToOnesOwnPostsNameThem(t *testing.T) {
	onEach(t, func(t *testing.T, s *mastodontest.Server) {
		alice, a := s.AddAccount("alice"), newAdapter(t, s, nil)
		first := s.Publish(mastodontest.Toot{From: alice, Text: "@onionbot", Media: [][]byte{[]byte("x")}})
		m := ask(t, s, a, mastodontest.Toot{From: alice, Text: "@onionbot start site", ReplyTo: first})
		if m.Answers != first {
			t.Errorf("answers %q, want %q", m.Answers, first)
		}
	})
}

func TestAnglesSurviveWhereTheAccountWritesMarkdown(t *testing.T) {
	onEach(t, func(t *testing.T, s *mastodontest.Server) {
		s.MarkdownByDefault()
		alice, a := s.AddAccount("alice"), newAdapter(t, s, nil)
		id := send(t, a, outgoing(s, alice, "reply/1", "Type: start <service> as <name>"))
		if got := s.Posts()[0].Text; !strings.HasSuffix(got, "start <service> as <name>") {
			t.Errorf("posted %q", got)
		}
		out := outgoing(s, alice, "reply/2", "Type: stop <name>")
		out.Edit = id
		send(t, a, out)
		if posts := s.Posts(); !strings.HasSuffix(posts[len(posts)-1].Text, "stop <name>") {
			t.Errorf("edited to %q", posts[len(posts)-1].Text)
		}
	})
}

func TestPlaceholdersAreCapitalsWhereAnglesMayVanish(t *testing.T) {
	for version, want := range map[string]string{
		"4.5.0": "start <service>", "4.4.2+glitch": "start <service>", "0.20.1+git-2ec7b1b": "start <service>",
		"2.7.2 (compatible; Akkoma 3.15.2)": "start <service>", "2.7.2 (compatible; Pleroma 2.9.1)": "start <service>",
		"4.2.1 (compatible; Iceshrimp.NET/2025.1)": "start SERVICE", "": "start SERVICE",
	} {
		s := mastodontest.New(t, mastodontest.Mastodon45)
		body := fmt.Sprintf(`{"version":%q,"configuration":{"statuses":{"max_characters":500}}}`, version)
		s.Fault(mastodontest.Fault{Path: "/api/v2/instance", Status: 200, Body: body, ContentType: "application/json", Times: 9})
		send(t, newAdapter(t, s, nil), outgoing(s, s.AddAccount("alice"), "reply/1", "Type: start <service>"))
		if got := s.Posts()[0].Text; !strings.HasSuffix(got, want) {
			t.Errorf("%q: posted %q, want %q", version, got, want)
		}
	}
}
