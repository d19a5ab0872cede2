package conversation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"onionbot/bots"
	"onionbot/services"
)

// carrying is a network that carries files.
type carrying struct{ *fakeAdapter }

func (carrying) CarriesUpTo() int64 { return 100 }

// apps answer with a file.
type apps map[string]string

func (a apps) Ask(_ context.Context, id, method, path string, most int64) (io.ReadCloser, error) {
	answer, ok := a[id+" "+method+" "+path]
	switch {
	case !ok:
		return nil, services.E(services.CodeNotFound)
	case int64(len(answer)) > most:
		return nil, errors.New("too much")
	}
	return io.NopCloser(bytes.NewBufferString(answer)), nil
}

func droppedFile(n int, size string) *services.Notice {
	return &services.Notice{
		Key: fmt.Sprintf("file%d", n), Kind: services.KindDroppedFile, Owner: "anna",
		Args: map[string]string{"container": "box", "path": "/files/1/1", "size": size},
	}
}

func newCarryingPost(t *testing.T) *post {
	return newPost(t, func(o *OutboxOptions) {
		o.Adapters = []bots.Adapter{carrying{o.Adapters[0].(*fakeAdapter)}}
		o.Apps = apps{"box GET /files/1/1": "cat.jpg\nmeow"}
	})
}

func TestAFileIsFetchedWhenItIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newCarryingPost(t)
		read := ""
		p.adapter.answer(func(out bots.Outgoing) (string, error) {
			if out.File == nil {
				return "m", nil
			}
			name, content, err := out.File.Open(t.Context())
			if err != nil {
				return "", err
			}
			all, err := io.ReadAll(content)
			read = fmt.Sprintf("%s %s %d", name, all, out.File.Size)
			return "m", err
		})
		p.run()
		p.add(droppedFile(1, "4"), droppedFile(2, "101"), droppedFile(3, "0"),
			&services.Notice{Key: "d", Kind: services.KindDropped, Owner: "anna", Args: map[string]string{"drops": "1", "files": "1", "bytes": "4"}})
		time.Sleep(time.Second)
		synctest.Wait()
		texts := strings.Join(p.adapter.texts(), "|")
		if read != "cat.jpg meow 4" || strings.Count(texts, "Open it with care") != 1 || !strings.Contains(texts, "It follows here.") {
			t.Errorf("read %q, sent %q", read, texts)
		}
		p.stop()
	})
}

func TestNoFileGoesWhereNoneAreCarried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, func(o *OutboxOptions) { o.Apps = apps{} })
		p.run()
		p.add(droppedFile(1, "4"), &services.Notice{Key: "d", Kind: services.KindDropped, Owner: "anna", Args: map[string]string{"drops": "1", "notes": "1", "bytes": "4"}})
		time.Sleep(time.Second)
		synctest.Wait()
		if texts := p.adapter.texts(); len(texts) != 1 || strings.Contains(texts[0], "follows") {
			t.Errorf("%q", texts)
		}
		p.stop()
	})
}

func TestAFileOnItsWayKeepsNoAnswerWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newCarryingPost(t)
		slow := make(chan struct{})
		p.adapter.answer(func(out bots.Outgoing) (string, error) {
			if out.File != nil {
				<-slow
			}
			return "m", nil
		})
		p.run()
		for n := range 30 {
			p.add(droppedFile(n, "4"))
		}
		time.Sleep(time.Second)
		synctest.Wait()
		answer := answerTo("the answer", "1")
		answer.To = services.Route{Network: "test", Account: "1", Chat: "c"}
		p.add(answer)
		time.Sleep(time.Second)
		synctest.Wait()
		if texts := p.adapter.texts(); len(texts) != 2 || texts[1] != "the answer" {
			t.Errorf("%q", texts)
		}
		close(slow)
		p.stop()
	})
}

func TestAnAppHandsOutNoHostileName(t *testing.T) {
	for name, want := range map[string]string{
		"my cat.jpg": "my cat.jpg", "../x": "_x", ".profile": "profile", "a\u202egpj.exe": "a_gpj.exe", "": "file", "a\rb": "a_b", "what?.pdf": "what_.pdf",
		strings.Repeat("a", 256): "file", "\xff": "_", "گربه.jpg": "گربه.jpg",
	} {
		if got := plainName(name); got != want {
			t.Errorf("%q is %q", name, got)
		}
	}
}
