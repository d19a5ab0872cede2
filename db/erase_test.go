package db_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"onionbot/db"
	"onionbot/services"
)

// marked is an instance whose every secret holds mark.
func marked(id, mark string) *services.Instance {
	return &services.Instance{
		ID: id, Owner: "alice", Service: "ssh", Name: id + "-name-" + mark,
		Origin: services.Route{Network: "net-" + mark, Account: "acct-" + mark, Chat: "chat-" + mark, ReplyTo: "re-" + mark},
		Onion: services.Onion{
			Address: "addr-" + mark, Key: services.Secret("key-" + mark), Clients: []services.Client{{Person: "friend-" + mark, Key: "client-" + mark}},
		},
		HostKey: services.HostKey{
			PrivatePEM:  services.Secret(strings.Repeat("pem-"+mark, 20)),
			Fingerprint: "print-" + mark,
		},
		Secrets: map[string]services.Secret{"admin": services.Secret("secret-" + mark)},
		Desired: services.DesiredRunning, State: services.StateStarting, CreatedAt: time.Now(),
	}
}

func change(t testing.TB, s *db.Store, fn func(services.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// live stores an instance with a notice and a received message that hold the mark.
func live(t testing.TB, s *db.Store, id, mark string) {
	t.Helper()
	change(t, s, func(tx services.Tx) error {
		i := marked(id, mark)
		if err := tx.PutInstance(i); err != nil {
			return err
		}
		if _, err := tx.AddIncoming(services.Incoming{Network: "n", ID: id, Raw: []byte(strings.Repeat("raw-"+mark, 30))}); err != nil {
			return err
		}
		_, err := tx.AddNotice(&services.Notice{
			Key: "k/" + id, Instance: id, To: i.Origin,
			Args: map[string]string{"name": mark}, Body: []byte(strings.Repeat("body-"+mark, 50)),
		})
		return err
	})
}

// end does what the engine does at the end of an instance's life.
func end(t testing.TB, s *db.Store, id string) {
	t.Helper()
	change(t, s, func(tx services.Tx) error {
		pending, err := tx.PendingNotices(id)
		if err != nil {
			return err
		}
		for _, n := range pending {
			n.State = services.NoticeSent
			if err := tx.PutNotice(n); err != nil {
				return err
			}
		}
		if _, err := tx.MarkHandled("n", id); err != nil {
			return err
		}
		i, err := tx.Instance(id)
		if err != nil {
			return err
		}
		i.Desired, i.State = services.DesiredGone, services.StateGone
		if err := tx.PutInstance(i); err != nil {
			return err
		}
		return tx.EraseInstance(id)
	})
}

// leftovers names the files of a directory in which the mark is found.
func leftovers(t testing.TB, dir, mark string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(b, []byte(mark)); n > 0 {
			out = append(out, fmt.Sprintf("%s: %d times", e.Name(), n))
		}
	}
	return out
}

// Rows of many sizes come, change and go between others that stay, so that
// pages split and merge: that is where SQLite leaves copies of rows. With this
// seed, zeroing freed cells and emptying the log alone would not be enough.
func TestNothingOfAnErasedInstanceStaysInAnyFile(t *testing.T) {
	nothingStays(t, 23, 150)
	if os.Getenv("ONIONBOT_SOAK") != "" {
		for seed := range uint64(100) {
			nothingStays(t, seed, 400)
		}
	}
}

func nothingStays(t *testing.T, seed uint64, rows int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s", "onionbot.db")
	s := openAt(t, path)
	random := rand.New(rand.NewPCG(seed, 40))
	const erased, kept = "GoNeGoNeGoNe", "StAyStAy"
	var ids []string
	for n := range rows {
		id := fmt.Sprintf("%d-%03d", random.IntN(100000), n)
		if n%4 == 3 {
			live(t, s, id, kept)
			continue
		}
		live(t, s, id, strings.Repeat(erased, 1+random.IntN(20)))
		ids = append(ids, id)
		if random.IntN(2) == 0 {
			resize(t, s, ids[random.IntN(len(ids))], func() string { return strings.Repeat(erased, random.IntN(60)) })
		}
		if random.IntN(3) == 0 {
			k := random.IntN(len(ids))
			end(t, s, ids[k])
			ids = slices.Delete(ids, k, k+1)
		}
	}
	for _, id := range ids {
		end(t, s, id)
	}
	if found := leftovers(t, filepath.Dir(path), erased); len(found) == 0 {
		t.Error("the test is blind: nothing was left even before the scrub")
	}
	if err := s.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found := leftovers(t, filepath.Dir(path), erased); len(found) > 0 {
		t.Errorf("erased bytes are left in %v", found)
	}
	if found := leftovers(t, filepath.Dir(path), kept); len(found) == 0 {
		t.Error("what should have stayed is gone")
	}
}

func resize(t testing.TB, s *db.Store, id string, text func() string) {
	t.Helper()
	change(t, s, func(tx services.Tx) error {
		i, err := tx.Instance(id)
		if err != nil {
			return err
		}
		i.Origin.ReplyTo = text()
		return tx.PutInstance(i)
	})
}

func TestScrubGetsThroughBetweenReaders(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s", "onionbot.db")
	s := openAt(t, path)
	const mark = "GoNeGoNeGoNe"
	live(t, s, "a", mark)

	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	for range 8 { // readers overlap without a pause
		go func() {
			defer func() { done <- struct{}{} }()
			for ctx.Err() == nil {
				_ = s.View(ctx, func(tx services.Tx) error {
					_, err := tx.Instances(services.InstanceFilter{})
					return err
				})
			}
		}()
	}
	end(t, s, "a")
	limited, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	err := s.Scrub(limited)
	stop()
	for range 8 {
		<-done
	}
	if err != nil {
		t.Fatal(err)
	}
	if found := leftovers(t, filepath.Dir(path), mark); len(found) > 0 {
		t.Errorf("erased bytes are left in %v", found)
	}
}

func TestScrubWaitsForAReaderUntilItsContextEnds(t *testing.T) {
	s := openNew(t)
	live(t, s, "a", "mark")
	err := s.View(t.Context(), func(tx services.Tx) error {
		if _, err := tx.Instance("a"); err != nil {
			return err
		}
		end(t, s, "a")
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		if err := s.Scrub(ctx); err == nil {
			t.Error("the log was emptied under a reader that needs it")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Scrub(t.Context()); err != nil {
		t.Error(err)
	}
	live(t, s, "b", "mark") // writers are not harmed
}
