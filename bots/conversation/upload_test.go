package conversation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"onionbot/bots"
	"onionbot/services"
)

// sender is a conversation with messages that carry files, as a hub has it.
type sender struct {
	*world
	now time.Time
}

func newSender(t *testing.T) *sender {
	s := &sender{now: noon}
	s.world = newWorld(t, services.ClockFunc(func() time.Time { return s.now }))
	s.router.keeps = map[string]bool{"test": true}
	s.router.recall = func(_ context.Context, in services.Incoming) (*bots.Message, error) {
		var p part
		if err := json.Unmarshal(in.Raw, &p); err != nil {
			return nil, err
		}
		return &bots.Message{Attachments: []bots.Attachment{{Name: p.File}}}, nil
	}
	return s
}

// says handles a message with words, a file or both, and returns the answers.
func (s *sender) says(text, file string, change ...func(*bots.Message)) string {
	s.t.Helper()
	m := s.message("1", text)
	raw, err := json.Marshal(part{File: file})
	if err != nil {
		s.t.Fatal(err)
	}
	m.Parts = []services.Incoming{{Network: "test", ID: m.ID, Raw: raw}}
	if file != "" {
		m.Attachments = []bots.Attachment{{Name: file}}
	}
	for _, c := range change {
		c(m)
	}
	return s.say(m)
}

// want checks what was staged so far, and to what it was added.
func (s *sender) want(files, addedTo string) {
	s.t.Helper()
	if got := strings.Join(s.staged.files, " "); got != files {
		s.t.Errorf("staged %q, want %q", got, files)
	}
	if got := strings.Join(s.staged.addedTo, " "); got != addedTo {
		s.t.Errorf("added to %q, want %q", got, addedTo)
	}
}

func (s *sender) kept() int {
	s.t.Helper()
	l, err := s.router.lately(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return len(l.Kept["test/1"])
}

func TestAFileRightAfterTheStartFillsIt(t *testing.T) {
	s := newSender(t)
	s.says("start site", "")
	s.now = s.now.Add(time.Minute)
	if got := s.says("", "page.pdf"); !strings.Contains(got, "site now shows what you sent") {
		t.Errorf("answered %q", got)
	}
	s.now = s.now.Add(time.Minute)
	s.staged.shown = &services.Shown{Files: 1}
	if got := s.says("", "more.pdf"); !strings.Contains(got, "Added") {
		t.Errorf("answered %q", got)
	}
	s.want("page.pdf more.pdf", "site site")
	if len(s.instances()) != 1 {
		t.Errorf("%d instances", len(s.instances()))
	}
}

func TestAFileMuchLaterIsAskedAbout(t *testing.T) {
	s := newSender(t)
	s.says("start site", "")
	s.now = s.now.Add(fillWindow + time.Second)
	if got := s.says("", "page.pdf"); !strings.Contains(got, "What should I do with the file?") || !strings.Contains(got, `"add site"`) {
		t.Errorf("answered %q", got)
	}
	s.want("", "")
}

func TestAFileOfAnotherPersonFillsNothing(t *testing.T) {
	s := newSender(t)
	s.says("start site", "")
	got := s.says("", "page.pdf", func(m *bots.Message) { m.From.Account, m.Route.Account = "2", "2" })
	if !strings.Contains(got, "What should I do") {
		t.Errorf("answered %q", got)
	}
	s.want("", "")
}

// lastButtons are the commands of the buttons of the newest answer.
func (s *sender) lastButtons() (commands []string) {
	s.t.Helper()
	all := s.pending()
	var r bots.Reply
	if err := json.Unmarshal(all[len(all)-1].Body, &r); err != nil {
		s.t.Fatal(err)
	}
	for _, row := range r.Buttons {
		for _, b := range row {
			commands = append(commands, b.Command)
		}
	}
	return commands
}

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

func TestAnAnswerToAFileShowsIt(t *testing.T) {
	s := newSender(t)
	got := s.says("start site", "", func(m *bots.Message) { m.Quoted = []bots.Attachment{{Name: "old.pdf"}} })
	if !strings.Contains(got, "being published") {
		t.Errorf("answered %q", got)
	}
	s.want("old.pdf", "")
	if got := s.says("start ssh", "", func(m *bots.Message) { m.Quoted = []bots.Attachment{{Name: "old.pdf"}} }); !strings.Contains(got, "ssh") {
		t.Errorf("answered %q", got)
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

func TestAddAndClearSayWhatHappened(t *testing.T) {
	s := newSender(t)
	for _, line := range []string{"add", "clear"} {
		if got := s.says(line, ""); !strings.Contains(got, "Nothing is running") {
			t.Errorf("%q: %q", line, got)
		}
	}
	s.says("start site", "one.pdf")
	s.says("start ssh", "")
	s.staged.shown = &services.Shown{Files: 1}
	for _, tt := range []struct{ text, file, want string }{
		{"add", "", "nothing to add"},
		{"add", "two.pdf", "Added: site shows it with the rest"},
		{"add to site\nCall me", "", "Added"},
		{"add ssh", "three.pdf", "takes no files"},
		{"start site", "four.pdf", "and nothing else"},
		{"clear", "", "site shows nothing of yours any more"},
		{"clear ssh", "", "takes no files"},
		{"add blog", "five.pdf", "Nothing called"},
	} {
		if got := s.says(tt.text, tt.file); !strings.Contains(got, tt.want) {
			t.Errorf("%q with %q: %q, want %q", tt.text, tt.file, got, tt.want)
		}
	}
	s.now = s.now.Add(time.Second)
	s.says("start site as blog", "")
	if got := s.says("add", "six.pdf"); !strings.Contains(got, "Which one: site, blog") {
		t.Errorf("answered %q", got)
	}
	s.want("one.pdf two.pdf four.pdf", "site site")
	if s.staged.emptied != 1 {
		t.Errorf("emptied %d times", s.staged.emptied)
	}
}

func TestWhatCannotBeHadIsTold(t *testing.T) {
	missing := func(m *bots.Message) { m.Missing = []string{bots.Unfetched} }
	s := newSender(t)
	for _, text := range []string{"start site", ""} {
		if got := s.says(text, "", missing); !strings.Contains(got, "could not get that file") || len(s.instances()) != 0 {
			t.Errorf("%q: %q, %d instances", text, got, len(s.instances()))
		}
	}
	s.says("start site", "one.jpg", missing)
	if !slices.Equal(s.staged.missing, []string{bots.Unfetched}) {
		t.Errorf("told to the page: %q", s.staged.missing)
	}
}

func TestAFileThatFailsIsFetchedAgain(t *testing.T) {
	tooBig := services.E(services.CodeBadContent, "reason", "too-big")
	for name, tt := range map[string]struct {
		failures int
		cause    error
		tries    int
		ok       bool
	}{
		"once":      {1, errors.New("500"), 2, true},
		"for ever":  {100, errors.New("500"), fetchTries, false},
		"too large": {100, tooBig, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var logged bytes.Buffer
				r := &Router{o: RouterOptions{Log: slog.New(slog.NewTextHandler(&logged, nil))}}
				tries := 0
				open := r.patiently(&bots.Message{Network: "test", ID: "7"}, func(context.Context) (io.ReadCloser, error) {
					if tries++; tries <= tt.failures {
						return nil, tt.cause
					}
					return io.NopCloser(strings.NewReader("whole")), nil
				})
				body, err := open(t.Context())
				if (err == nil) != tt.ok || tries != tt.tries {
					t.Fatalf("%v after %d tries", err, tries)
				}
				if tt.ok {
					if data, err := io.ReadAll(body); err != nil || string(data) != "whole" {
						t.Errorf("read %q, %v", data, err)
					}
				}
				if want := tt.cause == tooBig; strings.Contains(logged.String(), "message=7") == want {
					t.Errorf("logged %q", logged.String())
				}
			})
		})
	}
}
