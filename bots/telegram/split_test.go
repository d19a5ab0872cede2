package telegram

import (
	"strings"
	"testing"
	"unicode/utf16"
)

func FuzzSplit(f *testing.F) {
	f.Add("one\ntwo three", 5)
	f.Add("🧅🧅🧅", 3)
	f.Add(strings.Repeat("x", 30), 7)
	f.Add("a\n\n\n\n\nb", 2)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		if limit < 2 || limit > 5000 {
			return // Telegram's limits are 1024 and 4096
		}
		text = strings.ToValidUTF8(text, "?")
		squeeze := func(s string) string { return strings.NewReplacer("\n", "", " ", "").Replace(s) }
		var all strings.Builder
		for _, p := range split(text, limit) {
			if n := len(utf16.Encode([]rune(p))); n > limit {
				t.Errorf("a piece of %d units, limit %d", n, limit)
			}
			if strings.TrimSpace(p) == "" {
				t.Error("a blank piece")
			}
			all.WriteString(p)
		}
		if strings.TrimSpace(text) != "" && strings.ContainsFunc(squeeze(text), func(r rune) bool { return r > ' ' }) {
			got, want := squeeze(all.String()), squeeze(text)
			if strings.Join(strings.Fields(got), "") != strings.Join(strings.Fields(want), "") {
				t.Errorf("lost text: %q from %q", got, want)
			}
		}
	})
}

func TestSentKeysForgetTheOldest(t *testing.T) {
	s := newSentKeys(2)
	s.put("a", delivery{ids: []int{1}, done: true})
	s.put("b", delivery{ids: []int{2}, done: true})
	_ = s.get("a") // used: now the younger
	s.put("c", delivery{ids: []int{3}, done: true})
	if !s.get("a").done || s.get("b").done || !s.get("c").done {
		t.Errorf("kept: %v", s.byKey)
	}
}
