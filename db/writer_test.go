package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"onionbot/services"
)

// together runs updates that all wait while the first is under way, in their
// order, so that they come into one batch, and returns what each got. A panic
// is an error here.
func together(t *testing.T, s *Store, fns ...func(services.Tx) error) []error {
	t.Helper()
	s.writer.limit = time.Hour
	got := make([]error, len(fns))
	var wg sync.WaitGroup
	begun, all := make(chan struct{}), make(chan struct{})
	for k, fn := range fns {
		wg.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					got[k] = fmt.Errorf("panic: %v", p)
				}
			}()
			got[k] = s.Update(t.Context(), func(tx services.Tx) error {
				if k == 0 {
					close(begun)
					<-all
				}
				return fn(tx)
			})
		})
		if k == 0 {
			<-begun
		} else {
			awaitWaiting(t, s, k)
		}
	}
	close(all)
	wg.Wait()
	return got
}

func awaitWaiting(t *testing.T, s *Store, want int) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		s.writer.line.mu.Lock()
		n := len(s.writer.line.waiting)
		s.writer.line.mu.Unlock()
		if n == want {
			return
		}
	}
	t.Fatalf("never %d waited", want)
}

func setting(name string) func(services.Tx) error {
	return func(tx services.Tx) error { return tx.SetSetting(name, "1") }
}

// stored are the settings of those names that are in the files, as after a
// crash at this moment.
func stored(t *testing.T, dir string, names ...string) (out string) {
	t.Helper()
	after := filepath.Join(t.TempDir(), "s")
	if err := os.CopyFS(after, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	err := mustOpen(t, filepath.Join(after, "onionbot.db"), released(t)).View(t.Context(), func(tx services.Tx) error {
		for _, name := range names {
			v, err := tx.Setting(name)
			if err != nil {
				return err
			}
			if v != "" {
				out += name
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestUpdatesThatShareACommitFailAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	s := mustOpen(t, filepath.Join(dir, "onionbot.db"), released(t))
	refused := errors.New("on purpose")
	fails := func(name string) func(services.Tx) error {
		return func(tx services.Tx) error { return errors.Join(setting(name)(tx), refused) }
	}
	shared := 0
	got := together(t, s,
		fails("a"),
		setting("b"),
		fails("c"),
		func(tx services.Tx) error {
			shared = s.writer.batch.kept
			return setting("d")(tx)
		},
		func(tx services.Tx) error { panic(setting("e")(tx)) },
		setting("f"),
		fails("g"),
	)
	for k, wrong := range []bool{true, false, true, false, true, false, true} {
		if (got[k] != nil) != wrong {
			t.Errorf("update %d returned %v", k, got[k])
		}
	}
	if !errors.Is(got[2], refused) {
		t.Errorf("the update returned %v, want what its function returned", got[2])
	}
	if shared != 1 {
		t.Errorf("the updates did not share a commit (%d)", shared)
	}
	if got := stored(t, dir, "a", "b", "c", "d", "e", "f", "g"); got != "bdf" {
		t.Errorf("%q is stored, want bdf", got)
	}
}

func TestUpdatesThatShareALostTransactionAllHearOfIt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	s := mustOpen(t, filepath.Join(dir, "onionbot.db"), released(t))
	maxPages(t, s, 1) // becomes the size there is
	got := together(t, s,
		setting("a"),
		func(tx services.Tx) error {
			_, err := tx.AddIncoming(services.Incoming{Network: "n", ID: "big", Raw: make([]byte, 1<<20)})
			return err
		},
		setting("c"),
	)
	for k := range 2 {
		if !services.IsCode(got[k], services.CodeReadOnlyState) {
			t.Errorf("update %d returned %v", k, got[k])
		}
	}
	if got[2] != nil {
		t.Errorf("the update after the fault returned %v", got[2])
	}
	if got := stored(t, dir, "a", "c"); got != "c" {
		t.Errorf("%q is stored, want c", got)
	}
}

func TestWhoGivesUpWaitingHoldsNobodyUp(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	s := mustOpen(t, filepath.Join(dir, "onionbot.db"), released(t))
	for range 50 {
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for k := range 4 {
			ctx := ctx
			if k%2 == 0 {
				ctx = t.Context()
			}
			wg.Go(func() {
				err := s.Update(ctx, setting("a"))
				if err != nil && (k%2 == 0 || !errors.Is(err, context.Canceled)) {
					t.Error(err)
				}
			})
		}
		cancel()
		wg.Wait()
	}
}

func TestCloseKeepsWhatItsUpdatesSaid(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	s := mustOpen(t, filepath.Join(dir, "onionbot.db"), released(t))
	s.writer.limit = time.Hour
	var first, second error
	var wg sync.WaitGroup
	begun, closing := make(chan struct{}), make(chan struct{})
	wg.Go(func() {
		first = s.Update(t.Context(), func(tx services.Tx) error {
			close(begun)
			<-closing
			return setting("a")(tx)
		})
	})
	<-begun
	wg.Go(func() { second = s.Update(t.Context(), setting("b")) })
	awaitWaiting(t, s, 1)
	wg.Go(func() { _ = s.Close() })
	<-s.writer.closed
	close(closing)
	wg.Wait()
	want := ""
	for name, err := range map[string]error{"a": first, "b": second} {
		if err != nil && !errors.Is(err, errClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if first == nil {
		want += "a"
	}
	if second == nil {
		want += "b"
	}
	if got := stored(t, dir, "a", "b"); first != nil || got != want {
		t.Errorf("%q is stored, want %q (%v)", got, want, first)
	}
}
