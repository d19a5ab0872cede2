package telegram_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"onionbot/bots"
	"onionbot/services"
)

// carried is a file on its way.
func carried(name, text string, err error) *bots.File {
	return &bots.File{Size: int64(len(text)), Open: func(context.Context) (string, io.ReadCloser, error) {
		return name, io.NopCloser(strings.NewReader(text)), err
	}}
}

func TestAFileComesAsADocumentAndOnce(t *testing.T) {
	s, a := meet(t)
	out := bots.Outgoing{Key: "k", To: to("1001"), Reply: bots.Reply{Text: "from <somebody>"}, File: carried("cat & dog.gif", "GIF89a", nil)}
	first := send(t, a, out)
	if again := send(t, a, out); again != first {
		t.Errorf("sent again as %s", again)
	}
	got := s.Chat(alice)
	if len(got) != 1 || string(got[0].Document) != "GIF89a" || got[0].FileName != "cat & dog.gif" || got[0].Text != "from <somebody>" {
		t.Errorf("%+v", got)
	}
}

func TestAFileThatIsGoneIsNotSent(t *testing.T) {
	s, a := meet(t)
	gone := bots.Outgoing{Key: "k", To: to("1001"), Reply: bots.Reply{Text: "x"}, File: carried("", "", services.E(services.CodeNotFound))}
	if id, err := a.Send(t.Context(), gone); err != nil || id != "" {
		t.Errorf("%q, %v", id, err)
	}
	gone.File = carried("", "", errors.New("the app does not answer"))
	var refused *bots.SendError
	if _, err := a.Send(t.Context(), gone); !errors.As(err, &refused) || refused.Permanent {
		t.Errorf("%v", err)
	}
	if got := s.Chat(alice); len(got) > 0 {
		t.Errorf("%+v", got)
	}
}
