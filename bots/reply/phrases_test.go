package reply

import (
	"strings"
	"testing"
	"time"

	"onionbot/bots/botstest"
	"onionbot/bots/command"
	"onionbot/services"
)

func TestButtonsAreCommands(t *testing.T) {
	for _, row := range buttons(botstest.Instance("site", nil)) {
		for _, b := range row {
			c, err := grammar(anna).Parse(b.Command)
			if err != nil || c.Target != "#"+botstest.InstanceID {
				t.Errorf("%q: %+v %v", b.Command, c, err)
			}
			if len(b.Command) > 64 {
				t.Errorf("%q does not fit into a button", b.Command)
			}
		}
	}
}

func TestQuotedTextIsHarmless(t *testing.T) {
	for _, s := range []string{
		"@victim@example.org", "＠victim", "<b>bold</b> &amp; *x* _y_ `z` [a](http://evil.example)", "\u202egnp.exe", "a\u0000b\nc",
		strings.Repeat("é\u0301\u0301", 500), strings.Repeat("noise ", 2000), "https://www.evil.example/", "\u2066x\u2069", "“quoted”",
	} {
		q := quote(s)
		if strings.ContainsAny(q, "@＠<>&*_`[]()\n\x00\u202e\u2066") || strings.Contains(q, "://") || strings.Contains(q, "www.") {
			t.Errorf("%.40q became %q", s, q)
		}
		if n := len([]rune(q)); n > quoteLimit+3 {
			t.Errorf("%.40q became %d characters", s, n)
		}
	}
}

func TestSpansReadLikeSpeech(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0 s", 5 * time.Second: "5 s", 2 * time.Minute: "2 min", 2 * time.Hour: "2 h", 119*time.Minute + 59*time.Second: "2 h",
		90 * time.Minute: "1 h 30 min", 24 * time.Hour: "1 day", 50 * time.Hour: "2 days 2 h", 59*time.Second + 999*time.Millisecond: "1 min",
	} {
		if got := humanSpan(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}

func grammar(u *services.User) *command.Grammar {
	return &command.Grammar{Services: catalog(), User: u, Now: noon}
}
