package conversation

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"onionbot/bots"
	"onionbot/services"
)

// part is a message as the tests below store it.
type part struct {
	From        string
	Text        string
	Group       string
	File        string
	Unsupported string
	Cut         bots.Cut
	Sent        time.Duration // after noon
}

func (h *house) decodeParts() {
	h.adapter.decode = func(in services.Incoming) (*bots.Message, error) {
		var p part
		if err := json.Unmarshal(in.Raw, &p); err != nil {
			return nil, err
		}
		m := &bots.Message{
			From: bots.Identity{Account: p.From}, Text: p.Text, Group: p.Group, Cut: p.Cut, Unsupported: p.Unsupported,
			SentAt: in.SentAt.Add(p.Sent), Route: services.Route{Network: "test", Account: p.From, Chat: "chat-" + p.From},
		}
		if p.File != "" {
			m.Attachments = []bots.Attachment{{Name: p.File}}
		}
		return m, nil
	}
}

func (h *house) receive(id int, parts ...part) {
	var events []services.Incoming
	for i, p := range parts {
		if p.From == "" {
			p.From = "1"
		}
		raw, err := json.Marshal(p)
		if err != nil {
			h.t.Fatal(err)
		}
		events = append(events, event(id+i, string(raw)))
	}
	h.adapter.events <- events
}

// replies are the notices that answer somebody, by the message answered.
func (h *house) replies() (keys []string) {
	for _, n := range h.pending() {
		if strings.HasPrefix(n.Key, "reply/") {
			keys = append(keys, n.Key)
		}
	}
	return keys
}

func TestAnAlbumIsOneUploadWithOneAnswer(t *testing.T) {
	for name, batches := range map[string][][]part{
		"words on the first": {{{Group: "g", File: "a", Text: "start site"}, {Group: "g", File: "b"}, {Group: "g", File: "c"}}},
		"words on the last":  {{{Group: "g", File: "a"}, {Group: "g", File: "b"}, {Group: "g", File: "c", Text: "start site"}}},
		"in several polls":   {{{Group: "g", File: "a"}}, {{Group: "g", File: "b", Text: "start site"}}, {{Group: "g", File: "c"}}},
		"with a video":       {{{Group: "g", Unsupported: bots.Video, Text: "start site"}, {Group: "g", File: "a"}, {Group: "g", File: "b"}, {Group: "g", File: "c"}}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t)
				h.decodeParts()
				h.run()
				defer func() { h.stop() }()
				id := 1
				for _, parts := range batches {
					h.receive(id, parts...)
					id += len(parts)
					time.Sleep(time.Second)
				}
				time.Sleep(quiet)
				synctest.Wait()
				if got := h.replies(); !slices.Equal(got, []string{"reply/test/1"}) {
					t.Errorf("answers %q", got)
				}
				if !slices.Equal(h.staged.files, []string{"a", "b", "c"}) || h.left() != 0 {
					t.Errorf("staged %q, %d events left", h.staged.files, h.left())
				}
			})
		})
	}
}

func TestAnAlbumIsOneEvenIfTheProcessDiesInTheMiddleOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.decodeParts()
		h.run()
		h.receive(1, part{Group: "g", File: "a"}, part{Group: "g", File: "b"})
		time.Sleep(quiet / 2)
		h.stop()
		time.Sleep(time.Minute)
		h.renew()
		h.run()
		defer func() { h.stop() }()
		time.Sleep(quiet / 2) // the network hands out the last part
		h.receive(3, part{Group: "g", File: "c", Text: "start site"})
		time.Sleep(2 * quiet)
		synctest.Wait()
		if got := h.replies(); !slices.Equal(got, []string{"reply/test/1"}) || len(h.instances()) != 1 {
			t.Errorf("answers %q, %d instances", got, len(h.instances()))
		}
		if !slices.Equal(h.staged.files, []string{"a", "b", "c"}) || h.left() != 0 {
			t.Errorf("staged %q, %d events left", h.staged.files, h.left())
		}
	})
}

func TestOthersDoNotWaitForAnAlbum(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.decodeParts()
		h.run()
		defer func() { h.stop() }()
		h.receive(1, part{Group: "g", File: "a"}, part{From: "2", Text: "list"}, part{From: "9", Group: "s", File: "x"})
		synctest.Wait()
		if got := h.replies(); !slices.Equal(got, []string{"reply/test/2"}) || h.left() != 1 {
			t.Errorf("answers %q, %d events left", got, h.left())
		}
	})
}

func TestATextThatWasCutIsOneText(t *testing.T) {
	page := "start site\n" + strings.Repeat("word ", 900)
	for name, tt := range map[string]struct {
		parts  []part
		bodies []string
		others []string // messages with an answer of their own
	}{
		"within a word": {
			parts:  []part{{Text: page + "w", Cut: bots.Hard}, {Text: "ork to do", Sent: time.Second}},
			bodies: []string{strings.Repeat("word ", 900) + "work to do"},
		},
		"in three": {
			parts:  []part{{Text: page + "w", Cut: bots.Hard}, {Text: "ork ", Cut: bots.Hard}, {Text: "to do"}},
			bodies: []string{strings.Repeat("word ", 900) + "work to do"},
		},
		"between words": {
			parts:  []part{{Text: "start site\nA cat", Cut: bots.AtBreak}, {Text: "that is grey"}},
			bodies: []string{"A cat that is grey"},
		},
		"between lines": {
			parts:  []part{{Text: "start site\nA cat.", Cut: bots.AtBreak}, {Text: "It is grey."}},
			bodies: []string{"A cat.\nIt is grey."},
		},
		"a long one and then a command": {
			parts:  []part{{Text: "start site\nA cat.", Cut: bots.AtBreak}, {Text: "list"}},
			bodies: []string{"A cat."}, others: []string{"reply/test/2"},
		},
		"a long one and much later more": {
			parts:  []part{{Text: "start site\nA cat.", Cut: bots.Hard}, {Text: "It is grey.", Sent: time.Minute}},
			bodies: []string{"A cat."}, others: []string{"reply/test/2"},
		},
		"a long one and a file": {
			parts:  []part{{Text: "start site\nA cat.", Cut: bots.Hard}, {Text: "start site as two", File: "b"}},
			bodies: []string{"A cat.", ""}, others: []string{"reply/test/2"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t)
				h.decodeParts()
				h.run()
				defer func() { h.stop() }()
				for i, p := range tt.parts {
					h.receive(i+1, p)
				}
				time.Sleep(2 * quiet)
				synctest.Wait()
				if want := append([]string{"reply/test/1"}, tt.others...); !slices.Equal(h.replies(), want) {
					t.Errorf("answers %q, want %q", h.replies(), want)
				}
				if fmt.Sprint(h.staged.bodies) != fmt.Sprint(tt.bodies) || h.left() != 0 {
					t.Errorf("pages %q, want %q; %d events left", h.staged.bodies, tt.bodies, h.left())
				}
			})
		})
	}
}
