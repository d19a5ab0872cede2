package bots_test

import (
	"strings"
	"testing"

	"onionbot/bots"
)

func TestSpansFollowTheirWordsIntoAShorterText(t *testing.T) {
	from := "  start site\r\nDas ist über\u200e allem \n wichtig \n"
	for word, to := range map[string]string{"über": "Das ist über allem\n wichtig", "wichtig": "wichtig", "site": "start site\nDas"} {
		start := strings.Index(from, word)
		got := bots.Realign([]bots.Span{{Start: start, End: start + len(word), Style: bots.Bold}}, from, to)
		switch {
		case word == "site":
			if got != nil && to[got[0].Start:got[0].End] != word {
				t.Errorf("%s became %q", word, to[got[0].Start:got[0].End])
			}
		case len(got) != 1 || to[got[0].Start:got[0].End] != word:
			t.Errorf("%s: %+v", word, got)
		}
	}
	if got := bots.Realign([]bots.Span{{Start: 0, End: 3}}, "abc", "xyz"); got != nil {
		t.Errorf("of another text: %+v", got)
	}
	if got := bots.Realign([]bots.Span{{Start: 0, End: 5}}, "start site", "site"); got != nil {
		t.Errorf("of what is gone: %+v", got)
	}
}

func FuzzRealign(f *testing.F) {
	f.Add("start site\nabc", "abc", 11, 13)
	f.Fuzz(func(t *testing.T, from, to string, a, b int) {
		for _, s := range bots.Realign([]bots.Span{{Start: a, End: b}}, from, to) {
			if s.Start < 0 || s.End > len(to) || s.Start >= s.End {
				t.Fatalf("%+v in %d bytes", s, len(to))
			}
		}
	})
}
