package db

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"onionbot/services"
)

// upTo are the released migrations up to a version.
func upTo(t *testing.T, version string) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	names, err := fs.Glob(released(t), "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if name[:len(version)] > version {
			continue
		}
		data, err := fs.ReadFile(released(t), name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: data}
	}
	return files
}

// One table held what was live and what had ended. No row is lost on the way
// to two, and what an earlier version erased is unreadable afterwards.
func TestWhatHasEndedMovesOutAndNothingIsLost(t *testing.T) {
	const erased = "GoNeGoNeGoNe"
	path := filepath.Join(t.TempDir(), "s", "onionbot.db")
	shut(t, mustOpen(t, path, upTo(t, "00002")))
	raw(t, path, mixed(erased))
	s := mustOpen(t, path, released(t))
	if err := s.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := s.Update(t.Context(), func(tx services.Tx) error {
		all, err := tx.CountInstances(services.InstanceFilter{})
		if err != nil || all != 200 {
			t.Errorf("%d instances, %v", all, err)
		}
		alive, err := tx.CountInstances(services.InstanceFilter{NotEnded: true})
		if err != nil || alive != 50 {
			t.Errorf("%d live instances, %v", alive, err)
		}
		old, err := tx.Instance("i7")
		if err != nil || old.Owner != "alice" || old.Reason != services.ReasonStopped || old.EndedAt.UnixMilli() != 7000 || !old.Ended() {
			t.Errorf("an ended instance is read as %+v, %v", old, err)
		}
		due, err := tx.DueNotices(time.UnixMilli(1e6), 999)
		if err != nil || len(due) != 50 || due[1].Key != "k5" || string(due[1].Body) != "body" {
			t.Errorf("%d pending notices, %v", len(due), err)
		}
		if remote, err := tx.SlotMessage("card/i7"); remote != "r7" || err != nil {
			t.Errorf("the card of an ended instance is %q, %v", remote, err)
		}
		for _, key := range []string{"k7", "k5"} {
			if fresh, err := tx.AddNotice(&services.Notice{Key: key}); fresh || err != nil {
				t.Errorf("notice %s could be sent again, %v", key, err)
			}
		}
		n := &services.Notice{Key: "new"}
		if _, err := tx.AddNotice(n); err != nil || n.ID != 200 {
			t.Errorf("a new notice has ID %d, %v", n.ID, err)
		}
		audit, err := tx.Audit(999)
		if err != nil || len(audit) != 200 || audit[0].Instance != "i199" || audit[0].Count != 0 {
			t.Errorf("%d audit entries, %v", len(audit), err)
		}
		handled, err := tx.Handled("telegram", "i7")
		if !handled {
			t.Error("a message could be handled again")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal"} {
		if b, err := os.ReadFile(path + suffix); err == nil && bytes.Contains(b, []byte(erased)) {
			t.Errorf("erased bytes are left in %s", filepath.Base(path+suffix))
		}
	}
}

// mixed fills a database of version 2: of four instances three have
// ended, after they grew and shrank. The newest notice has come and gone.
func mixed(erased string) string {
	random := rand.New(rand.NewPCG(1, 2))
	var out strings.Builder
	out.WriteString("PRAGMA secure_delete = 1; BEGIN;\n")
	say := func(format string, args ...any) { fmt.Fprintf(&out, format+";\n", args...) }
	for n := range 200 {
		say(`INSERT INTO instances VALUES ('i%d', 'alice', 'site', 'name%d', 'telegram', '4711', '', '%s', 'a', '%s', '', '', '', 0, 0,
			'running', 'reachable', '', '', 0, 0, 0, 1000, 2000, 0, 0, %d, 3000)`,
			n, n, strings.Repeat(erased, random.IntN(30)), strings.Repeat(erased, 1+random.IntN(20)), n*1000)
		say(`INSERT INTO notices VALUES (%d, 'k%d', 'telegram', '4711', '', '', 'alice', 'i%d', 'gone', '', x'626f6479', 'card/i%d', 0, 1000, 0, 0, 0, 'pending', '')`, n, n, n, n)
		say(`INSERT INTO audit VALUES (%d, 1000, 'telegram', '4711', 'alice', 'start', 'i%d', 'ok', 'site')`, n+1, n)
		say(`INSERT INTO handled VALUES ('telegram', 'i%d', 1000)`, n)
		say(`UPDATE instances SET reply_to = '%s' WHERE id = 'i%d'`, strings.Repeat(erased, random.IntN(60)), random.IntN(n+1))
	}
	for n := range 200 {
		if n%4 == 1 {
			say(`UPDATE instances SET onion_key = 'kept', reply_to = '' WHERE id = 'i%d'`, n)
			continue
		}
		say(`UPDATE notices SET state = 'sent', body = NULL, network = '', account = '', remote_id = 'r%d' WHERE id = %d`, n, n)
		say(`UPDATE instances SET desired = 'gone', state = 'gone', reason = 'stopped', name = '', network = '', account = '', chat = '',
			reply_to = '', address = '', onion_key = '' WHERE id = 'i%d'`, n)
	}
	out.WriteString("COMMIT;")
	return out.String()
}
