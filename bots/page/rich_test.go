package page_test

import (
	"strings"
	"testing"

	"onionbot/bots/page"
)

// marked reads "[style:text]" marks into a text and its spans, so that tests
// read like what they mean. "(" after the style holds the argument.
func marked(t *testing.T, s string) (string, []page.Span) {
	t.Helper()
	var out strings.Builder
	var spans, open []page.Span
	for len(s) > 0 {
		switch s[0] {
		case '[':
			head, rest, ok := strings.Cut(s[1:], ":")
			if !ok {
				t.Fatal("a mark without an end")
			}
			style, arg, _ := strings.Cut(strings.TrimSuffix(head, ")"), "(")
			open = append(open, page.Span{Start: out.Len(), Style: page.Style(style), Arg: strings.ReplaceAll(arg, ";", ":")})
			s = rest
		case ']':
			last := open[len(open)-1]
			last.End = out.Len()
			spans, open = append(spans, last), open[:len(open)-1]
			s = s[1:]
		default:
			out.WriteByte(s[0])
			s = s[1:]
		}
	}
	return out.String(), spans
}

func TestFormattedTextBecomesThePagesFormatting(t *testing.T) {
	for in, want := range map[string]string{
		"Come [bold:at [italic:eight] sharp] & bring [code:<tea>]":                  "<p>Come <strong>at <em>eight</em> sharp</strong> &amp; bring <code>&lt;tea&gt;</code></p>",
		"[underline:u] [strike:s] [spoiler:secret]":                                 `<p><u>u</u> <s>s</s> <span class="spoiler" tabindex="0">secret</span></p>`,
		"see [link(https;//example.org/a?b=1&c=2):the map]":                         `<a href="https://example.org/a?b=1&amp;c=2" rel="nofollow noreferrer">the map</a>`,
		"[link(javascript;alert(1):x]":                                              "<p>x</p>",
		"before\n[pre(go):a := 1\n\nb := \"2\"]\nafter":                             "<p>before</p>\n<pre><code class=\"language-go\">a := 1\n\nb := &#34;2&#34;</code></pre>\n<p>after</p>",
		"[quote:first\n\nsecond [bold:x]]\nafter":                                   "<blockquote><p>first</p>\n<p>second <strong>x</strong></p>\n</blockquote>\n<p>after</p>",
		"one\ntwo\n\nthree":                                                         "<p>one<br>\ntwo</p>\n<p>three</p>",
		"[bold:one\ntwo\n\nthree]":                                                  "<p><strong>one<br>\ntwo</strong></p>\n<p><strong>three</strong></p>",
		"[heading(1):Title]\n\ntext":                                                "<h1>Title</h1>\n<p>text</p>",
		"[numbered:1. [entry:one]\n2. [entry:two[bullets:\n- [entry:in it]]]]\nend": "<ol><li>one</li>\n<li>two<ul><li>in it</li>\n</ul>\n</li>\n</ol>\n<p>end</p>",
		"not *Markdown* # here\n- nor <b>HTML</b>":                                  "<p>not *Markdown* # here<br>\n- nor &lt;b&gt;HTML&lt;/b&gt;</p>",
	} {
		text, spans := marked(t, in)
		got := render(t, page.Rich(text, spans))
		if !strings.Contains(got, want) {
			t.Errorf("%s\nwant %s\n got %s", in, want, got[strings.Index(got, "<main>"):])
		}
	}
}

func TestOverlappingMarksStayWellFormed(t *testing.T) {
	got := page.Rich("abcdef", []page.Span{{0, 4, page.Bold, ""}, {2, 6, page.Italic, ""}, {-3, 99, page.Quote, ""}, {5, 5, page.Code, ""}})
	if want := "<blockquote><p><strong>ab<em>cd</em></strong><em>ef</em></p>\n</blockquote>\n"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func FuzzRichTextNeverRuns(f *testing.F) {
	f.Add("a <script>\n\nb\n", 0, 3, 2, 9, uint8(0), uint8(9))
	styles := []page.Style{page.Bold, page.Italic, page.Code, page.Link, page.Spoiler, page.Quote, page.Pre, page.Heading, page.Bullets, page.Numbered, page.Entry}
	f.Fuzz(func(t *testing.T, text string, a, b, c, d int, s1, s2 uint8) {
		spans := []page.Span{
			{a, b, styles[int(s1)%len(styles)], "javascript:alert(1)"}, {c, d, styles[int(s2)%len(styles)], `"><script>`},
		}
		rich := page.Rich(text, spans)
		if strings.Contains(rich, "\n\n") || strings.Contains(strings.ToLower(rich), "<script") {
			t.Fatalf("%q", rich)
		}
		if opened, closed := strings.Count(rich, "<p>"), strings.Count(rich, "</p>"); opened != closed {
			t.Fatalf("%d paragraphs begin, %d end: %q", opened, closed, rich)
		}
		if strings.Contains(strings.ToLower(text), "javascript:") {
			return // as a word it is harmless
		}
		if got := render(t, rich); strings.Contains(strings.ToLower(got), "javascript:") || strings.Contains(got, "<script") {
			t.Fatalf("%q", got)
		}
	})
}
