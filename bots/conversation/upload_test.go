package conversation

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
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
