package mastodon

import "testing"

func TestHTMLBecomesTheTextThatWasTyped(t *testing.T) {
	const bot = `<span class="h-card" translate="no"><a href="https://fedi.example/@onionbot" class="u-url mention">@<span>onionbot</span></a></span>`
	mentions := []wireMention{{ID: "1", Username: "onionbot", Acct: "onionbot", URL: "https://fedi.example/@onionbot"}}
	const long = "http://abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz2345.onion/page?a=1&b=2"
	for _, c := range []struct{ name, html, want string }{
		{"mention in front", `<p>` + bot + ` start site</p>`, "start site"},
		{"mention at the end", `<p>start site ` + bot + `</p>`, "start site"},
		{"mention in the middle", `<p>start ` + bot + ` site</p>`, "start  site"},
		{"mention on its own line", `<p>` + bot + `<br />start site</p>`, "start site"},
		{"mention in its own paragraph", `<p>` + bot + `</p><p>start site</p>`, "start site"},
		{"lines and paragraphs", `<p>` + bot + ` start site<br># Hello<br /><br/>one</p><p>two</p>`, "start site\n# Hello\n\none\n\ntwo"},
		{"entities", `<p>a &lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;</p>`, `a <b> & "c" 'd'`},
		{"curly quotes and nbsp stay for the grammar", "<p>start\u00a0site “my site”</p>", "start\u00a0site “my site”"},
		{"shortened link in full", `<p>see <a href="` + `http://abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz2345.onion/page?a=1&amp;b=2` + `"><span class="invisible">http://</span><span class="ellipsis">abcdefghijklmnopqrstuvwxyzabcd</span><span class="invisible">efghijklmnopqrstuvwxyz2345.onion/page?a=1&amp;b=2</span></a></p>`, "see " + long},
		{"link with other words", `<p><a href="https://x.example/">my page</a></p>`, "[my page](https://x.example/)"},
		{"link cut with an ellipsis", `<p><a href="https://x.example/long/path">x.example/lon…</a></p>`, "https://x.example/long/path"},
		{"bare host that was linked", `<p><a href="http://notes.md">notes.md</a></p>`, "notes.md"},
		{"script link is only text", `<p><a href="javascript:alert(1)">go</a></p>`, "go"},
		{"hashtag", `<p><a href="https://x/tags/onion" class="mention hashtag" rel="tag">#<span>onion</span></a></p>`, "#onion"},
		{"friendica's @ before the link", `<p>@<a class="u-url mention" href="https://fedi.example/@onionbot"><span>onionbot</span></a> help</p>`, "help"},
		{"link of a mention without class", `<a href="https://fedi.example/@onionbot">@onionbot@fedi.example</a> help`, "help"},
		{"mention as plain text", `<p>@onionbot@fedi.example, help</p>`, "help"},
		{"somebody else's address as text stays", `<p>@carol help</p>`, "@carol help"},
		{"custom emoji", `<p>hi :blobcat: <img class="emoji" alt=":wave:" src="x"></p>`, "hi :blobcat: :wave:"},
		{"list and code", `<ul><li>a</li><li>b</li></ul><pre><code>x
 y</code></pre>`, "- a\n- b\n\nx\n y"},
		{"numbered list", `<ol><li><p>a</p></li><li>b<ul><li>c</li></ul></li></ol>`, "1. a\n\n2. b\n- c"},
		{"quoted post is dropped", `<p class="quote-inline">RE: <a href="https://x/1">https://x/1</a></p><p>help</p>`, "help"},
		{"bare text", `help`, "help"},
		{"empty", ``, ""},
		{"broken html", `<p>help<br`, "help"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := plainText(c.html, mentions); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestNothingInAReplyCanMentionAnybody(t *testing.T) {
	const host = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz2345aaaa"
	onion := host[:56] + ".onion"
	for in, want := range map[string]string{
		"@victim": "@\u2060victim",
		"no site named “@victim@evil.example”": "no site named “@\u2060victim@\u2060evil.example”",
		"＠victim":                                "@\u2060victim",
		"ssh onion@" + onion:                     "ssh -l onion " + onion,
		"ssh -p 2222 onion@" + onion + ".":       "ssh -p 2222 -l onion " + onion + ".",
		"ssh: torsocks ssh -p 22 onion@" + onion: "ssh: torsocks ssh -p 22 -l onion " + onion,
		"mail a@b.example":                       "mail a@\u2060b.example",
	} {
		if got := defuse(in); got != want {
			t.Errorf("defuse(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLongRepliesAreCutBetweenLines(t *testing.T) {
	for _, c := range []struct {
		name string
		text string
		room int
		url  int
		want []string
	}{
		{"fits", "a\nb", 10, 0, []string{"a\nb"}},
		{"between lines", "aaaa\nbbbb\ncccc", 10, 0, []string{"aaaa\nbbbb", "cccc"}},
		{"between words", "aaaa bbbb cccc", 10, 0, []string{"aaaa bbbb", "cccc"}},
		{"anywhere", "aaaaaaaaaaaa", 5, 0, []string{"aaaaa", "aaaaa", "aa"}},
		{
			"links count 23", "see http://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.onion", 30, 23,
			[]string{"see http://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.onion"},
		},
		{"empty", "", 10, 0, []string{""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := split(c.text, c.room, c.url)
			if len(got) != len(c.want) {
				t.Fatalf("got %q, want %q", got, c.want)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Errorf("got %q, want %q", got, c.want)
				}
			}
		})
	}
}

func FuzzSplitNeverExceedsTheRoom(f *testing.F) {
	f.Add("a b\nhttps://x.example/abc", 100)
	f.Fuzz(func(t *testing.T, text string, room int) {
		room = 100 + max(room, -room)%400
		for _, p := range split(text, max(room, 100), 23) {
			if count(p, 23) > max(room, 100) {
				t.Errorf("part of %d characters, room %d", count(p, 23), room)
			}
		}
	})
}
