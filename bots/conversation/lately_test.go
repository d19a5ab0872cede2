package conversation

import (
	"slices"
	"strings"
	"testing"
	"time"

	"onionbot/bots"
	"onionbot/services"
)

func TestAFileWithoutAWordWaitsForIt(t *testing.T) {
	for name, then := range map[string]func(s *sender) string{
		"the button":           func(s *sender) string { return s.says(s.lastButtons()[0], "") },
		"typed":                func(s *sender) string { return s.says("start site", "") },
		"typed with words":     func(s *sender) string { return s.says("start site\nHello", "") },
		"in answer to it":      func(s *sender) string { return s.says("start site", "", func(m *bots.Message) { m.Answers = "1" }) },
		"in answer to the bot": func(s *sender) string { return s.says("start site", "", func(m *bots.Message) { m.Answers = "77" }) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSender(t)
			if got := s.says("", "page.pdf"); !strings.Contains(got, `"start site"`) || len(s.instances()) != 0 {
				t.Fatalf("answered %q, %d instances", got, len(s.instances()))
			}
			s.now = s.now.Add(5 * time.Minute)
			if got := then(s); !strings.Contains(got, "being published") {
				t.Errorf("answered %q", got)
			}
			s.want("page.pdf", "")
			if s.kept() != 0 {
				t.Errorf("%d events are still kept", s.kept())
			}
		})
	}
}

func TestAKeptFileCanBeAddedOrReplaceWhatRuns(t *testing.T) {
	for _, tt := range []struct{ press, answer, addedTo string }{
		{"add ", "Added", "blog"},
		{"start site as blog", "and nothing else", ""},
	} {
		s := newSender(t)
		s.staged.shown = &services.Shown{Files: 1}
		s.says("start site as blog", "one.pdf")
		s.now = s.now.Add(time.Hour)
		s.says("", "two.pdf")
		i := slices.IndexFunc(s.lastButtons(), func(c string) bool { return strings.HasPrefix(c, tt.press) })
		if i < 0 {
			t.Fatalf("no button %q among %q", tt.press, s.lastButtons())
		}
		if got := s.says(s.lastButtons()[i], ""); !strings.Contains(got, tt.answer) {
			t.Errorf("%s: answered %q", tt.press, got)
		}
		s.want("one.pdf two.pdf", tt.addedTo)
		if len(s.instances()) != 1 {
			t.Errorf("%d instances", len(s.instances()))
		}
	}
}

func TestWhatIsKeptIsBoundedAndForgotten(t *testing.T) {
	s := newSender(t)
	for range mostKept + 5 {
		s.says("", "a.pdf")
	}
	if s.kept() != mostKept {
		t.Errorf("%d events are kept, want %d", s.kept(), mostKept)
	}
	button := s.lastButtons()[0]
	s.now = s.now.Add(keptFor + time.Second)
	if got := s.says(button, ""); !strings.Contains(got, "I don't have that file any more") {
		t.Errorf("answered %q", got)
	}
	if err := s.router.forgetOld(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := s.store.View(t.Context(), func(tx services.Tx) error {
		text, err := tx.Setting(latelySetting)
		if text != "" {
			t.Errorf("still stored: %s", text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s.says("start site", "")
	s.want("", "")
}

func TestAButtonThatIsPressedTwiceDoesItOnce(t *testing.T) {
	s := newSender(t)
	s.says("", "one.pdf")
	button := s.lastButtons()[0]
	s.says(button, "")
	if got := s.says(button, ""); !strings.Contains(got, "shown already") {
		t.Errorf("answered %q", got)
	}
	s.want("one.pdf", "")
}

func TestALatePartOfAnAlbumAsksNothingAgain(t *testing.T) {
	s := newSender(t)
	album := func(m *bots.Message) { m.Group = "g" }
	s.says("", "one.jpg", album)
	if got := s.says("", "two.jpg", album); got != "" {
		t.Errorf("answered %q", got)
	}
	s.says("", "other.pdf")
	s.says("start site", "", func(m *bots.Message) { m.Answers = "1" })
	s.want("one.jpg two.jpg", "")
}

func TestALatePartOfAnAlbumJoinsWhatTheOthersStarted(t *testing.T) {
	s := newSender(t)
	album := func(m *bots.Message) { m.Group = "g" }
	s.says("start site", "one.jpg", album)
	s.staged.shown = &services.Shown{Files: 1}
	s.now = s.now.Add(20 * time.Second)
	if got := s.says("", "two.jpg", album); !strings.Contains(got, "The rest of your album came later: site shows it with the others.") {
		t.Errorf("answered %q", got)
	}
	s.want("one.jpg two.jpg", "site")
	if got := s.says("", "three.jpg", func(m *bots.Message) { m.Group = "another" }); strings.Contains(got, "album") {
		t.Errorf("another album: answered %q", got)
	}
}

func TestAnAnswerToOnePartOfAnAlbumMeansAllOfIt(t *testing.T) {
	s := newSender(t)
	album := func(m *bots.Message) { m.Group = "g" }
	s.says("", "one.jpg", album)
	s.says("", "two.jpg", album)
	s.says("", "other.pdf")
	s.says("start site", "", func(m *bots.Message) {
		m.Quoted, m.QuotedGroup = []bots.Attachment{{Name: "two.jpg"}}, "g"
	})
	s.want("one.jpg two.jpg", "")
	s.says("start site as two", "", func(m *bots.Message) {
		m.Quoted, m.QuotedGroup = []bots.Attachment{{Name: "old.jpg"}}, "older"
	})
	s.want("one.jpg two.jpg old.jpg", "")
}

func TestAFileThatIsSentAgainWithItsWordsIsNotUsedTwice(t *testing.T) {
	s := newSender(t)
	s.says("", "one.jpg")
	s.says("start site", "one.jpg")
	if s.kept() != 0 {
		t.Errorf("%d events are still kept", s.kept())
	}
	s.says("start site as two", "")
	s.want("one.jpg", "")
}
