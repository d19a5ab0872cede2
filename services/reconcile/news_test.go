package reconcile_test

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"onionbot/services"
)

var dropDefinition = &services.Definition{
	Name: "drop", Ports: []services.Port{{Onion: 80, App: 8080}}, Probe: services.ProbeHTTP, Inward: 8081,
	DefaultLife: 10 * time.Hour, MaxLife: 48 * time.Hour,
}

// box is the app of a drop: what has been dropped, as sizes.
type box struct {
	mu    sync.Mutex
	drops []string
	told  int
	deaf  bool
	says  string // instead of anything honest
}

func (b *box) answer(_, method, path string) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	number, isTold := strings.CutPrefix(path, "/told/")
	switch {
	case b.deaf:
		return nil, errors.New("deaf")
	case method == http.MethodPost && isTold:
		b.told, _ = strconv.Atoi(number)
		return nil, nil
	case b.says != "":
		return []byte(b.says), nil
	}
	var all []string
	for k, sizes := range b.drops {
		if k+1 > b.told {
			all = append(all, fmt.Sprintf(`{"number":%d,"note":true,"sizes":[%s]}`, k+1, sizes))
		}
	}
	return fmt.Appendf(nil, `{"boot":"B","drops":[%s]}`, strings.Join(all, ",")), nil
}

// newBoxHost is a host on which a drop is reachable, and its app.
func newBoxHost(t *testing.T) (*host, *box) {
	b := &box{}
	h := newHost(t, func(h *host) {
		h.site = dropDefinition
		h.runtime.Answer = b.answer
	})
	h.begin(services.StartOptions{Service: "drop"})
	h.after(time.Minute)
	h.wantState(services.StateReachable)
	return h, b
}

func (b *box) drop(h *host, sizes ...string) {
	b.mu.Lock()
	b.drops = append(b.drops, sizes...)
	b.mu.Unlock()
	_ = h.runtime.News(h.only().ID)
	h.reconciler.Notify(h.only().ID)
}

func TestTheOwnerIsToldAtOnceWhatWasDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, b := newBoxHost(t)
		b.drop(h, "5,100")
		h.after(time.Second)
		told, files := h.said(services.KindDropped), h.said(services.KindDroppedFile)
		if len(told) != 1 || !told[0].Alert || fmt.Sprint(told[0].Args) != "map[bytes:105 drops:1 files:1 notes:1]" {
			t.Fatalf("%+v", told)
		}
		if len(files) != 2 || files[1].Args["path"] != "/files/1/2" || files[1].Args["size"] != "100" || files[1].Args["container"] != h.only().ID {
			t.Errorf("%+v", files)
		}
		if b.told != 1 {
			t.Error("the app does not know that it was told")
		}
		h.kill() // the next bot knows nothing of it, and the app says so
		h.start()
		h.after(time.Hour)
		if n := len(h.said(services.KindDropped)); n != 1 {
			t.Errorf("told %d times", n)
		}
	})
}

func TestManyDropsAreToldTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, b := newBoxHost(t)
		for range 3600 {
			b.drop(h, "1000")
			h.after(time.Second)
		}
		h.after(11 * time.Minute)
		told := h.said(services.KindDropped)
		sum := 0
		for _, n := range told {
			drops, _ := strconv.Atoi(n.Args["drops"])
			sum += drops
		}
		if sum != 3600 || len(told) > 13 {
			t.Errorf("%d drops in %d messages", sum, len(told))
		}
		if n := len(h.said(services.KindDroppedFile)); n > 130 {
			t.Errorf("%d files were carried", n)
		}
		if told[5].Args["more"] == "" {
			t.Error("nobody says that not all of it follows")
		}
	})
}

func TestWhatCannotBeAskedNowIsToldLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, b := newBoxHost(t)
		b.deaf = true
		b.drop(h, "1000")
		h.after(time.Minute)
		if n := len(h.said(services.KindDropped)); n != 0 {
			t.Fatalf("told %d times", n)
		}
		b.mu.Lock()
		b.deaf = false
		b.mu.Unlock()
		h.after(10 * time.Minute)
		if n := len(h.said(services.KindDropped)); n != 1 {
			t.Errorf("told %d times", n)
		}
	})
}

func TestAnAppThatTellsImpossibleThingsIsNotBelieved(t *testing.T) {
	for _, says := range []string{
		`{"boot":"B","drops":[{"number":2,"sizes":[1]},{"number":1,"sizes":[1]}]}`,
		`{"boot":"B","drops":[{"number":1,"sizes":[-1]}]}`, `{"boot":"B","drops":[{"number":1,"sizes":[9999999999999]}]}`,
		`{"boot":"` + strings.Repeat("x", 65) + `","drops":[{"number":1,"sizes":[1]}]}`, `no`, `[]`, ``,
	} {
		synctest.Test(t, func(t *testing.T) {
			h, b := newBoxHost(t)
			b.says = says
			b.drop(h)
			h.after(time.Hour)
			if h.notices()[services.KindDropped] != 0 {
				t.Errorf("%s: told", says)
			}
			h.wantState(services.StateReachable)
		})
	}
}
