package chat

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"unicode"
	"unicode/utf8"
)

func TestNobodyTakesOverAName(t *testing.T) {
	r := New(Options{})
	inRoom(t, r, "Maria Bill").must("hello")
	for _, name := range []string{
		"Maria Bill", "maria bill", "MARIA  BILL", "MariaBill", "Mаria Bill", "Mariа Вill", "Maria Bi11", "Maria Bi|l", "Mária Bíll",
		"Ｍａｒｉａ Ｂｉｌｌ", "Maria\u200b Bill", "Maria\u202e Bill", "𝓜aria Bill", "Marıa Bill", "M.a.r.i.a Bill", "Μaria Bill",
	} {
		if page := newVisitor(t, r).enter(name); !strings.Contains(page, sayTaken.Error()) {
			t.Errorf("%q was let in as %q", name, cleanName(name))
		}
	}
	for _, name := range []string{"", " ", "\u200b", "...", "🙂", strings.Repeat("a", 25)} {
		if page := newVisitor(t, r).enter(name); !strings.Contains(page, sayName.Error()) {
			t.Errorf("%q was let in", name)
		}
	}
	for _, name := range []string{"Mario Bill", "علی\u200cرضا", "林", "Zoë 🙂", "O'Brien"} {
		inRoom(t, r, name)
	}
}

func TestWhoSpeaksFirstHasTheName(t *testing.T) {
	r := New(Options{})
	first, second := inRoom(t, r, "Ada"), inRoom(t, r, "Ada") // neither has said anything yet
	first.must("I am Ada")
	if problem := second.say("No, I am"); problem != sayTaken.Error() {
		t.Error(problem)
	}
	lines, _ := r.after(0)
	if len(lines) != 1 || len(lines[0].tag) != tagLength {
		t.Fatalf("%v", lines)
	}
	for range 2000 {
		if r.newTag() == lines[0].tag {
			t.Fatal("a tag was given twice")
		}
	}
}

func TestHostileWordsStayWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Options{})
		eve := inRoom(t, r, `<i>"Eve'&`)
		frame, events := eve.open("/log"), eve.open("/events")
		synctest.Wait()
		for _, text := range []string{
			`<script>alert(1)</script>`, `</span></li></ol><form action=/leave>`, "\u202egnirts\u2066", `" onload="x`,
			"line\r\nid: 7\ndata: {}\n\n", strings.Repeat("e\u0301\u0302\u0303\u0304\u0305", 9), "nul\x00 and \xff",
		} {
			eve.say(text)
		}
		synctest.Wait()
		for _, bad := range []string{"<script", "<form", "</span></li></ol>", "<i>", "\u202e", "\u2066", "\x00", `" onload`, "\u0304\u0305"} {
			if strings.Contains(frame.raw(), bad) {
				t.Errorf("the frame has %q", bad)
			}
		}
		if strings.Contains(events.raw(), "\nid: 7\n") && !strings.Contains(events.raw(), "data: {\"name\"") || strings.Contains(events.raw(), "\ndata: {}\n") {
			t.Error("an event was made up")
		}
		if !strings.Contains(frame.shows(), `<i>"Eve'&`) || !strings.Contains(frame.shows(), "<script>alert(1)</script>") {
			t.Error("words are lost")
		}
		if problem := eve.say(strings.Repeat("x", maxText+3)); !strings.Contains(problem, "too long by 3") {
			t.Error(problem)
		}
		frame.close()
		events.close()
	})
}

func FuzzWhatIsTypedStaysInItsLine(f *testing.F) {
	for _, s := range []string{"<b>", "\u202e", "a\u0301\u0301\u0301\u0301", "{{.}}", "\x00\xff\u200d", "سلام"} {
		f.Add(s, s)
	}
	page := newPages().log.Lookup("line")
	f.Fuzz(func(t *testing.T, name, text string) {
		name, text = cleanName(name), cleanText(text)
		if !utf8.ValidString(name+text) || strings.ContainsFunc(name+text, func(r rune) bool { return unicode.IsControl(r) || turns(r) }) {
			t.Errorf("%q %q", name, text)
		}
		if cleanName(name) != name {
			t.Errorf("%q is cleaned to %q", name, cleanName(name))
		}
		var b bytes.Buffer
		if err := page.Execute(&b, shown{Name: name, Tag: "abcd", Text: text}); err != nil {
			t.Fatal(err)
		}
		if strings.Count(b.String(), "<") != 10 || strings.Count(b.String(), "\n") != 1 {
			t.Errorf("%q", b.String())
		}
	})
}
