package db_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onionbot/db"
	"onionbot/services"
	"onionbot/services/storetest"
)

// script makes operations and their arguments of bytes.
type script struct{ b []byte }

// pick is a number below n; 0 when the bytes are used up.
func (s *script) pick(n int) int {
	if len(s.b) == 0 {
		return 0
	}
	v := int(s.b[0]) % n
	s.b = s.b[1:]
	return v
}

func (s *script) id() string { return string(rune('a' + s.pick(4))) }

func (s *script) time() time.Time {
	n := s.pick(8)
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(n) * 1000).UTC()
}

func oneOf[T any](s *script, all ...T) T { return all[s.pick(len(all))] }

func (s *script) instance() *services.Instance {
	return &services.Instance{
		ID: s.id(), Owner: s.id(), Name: s.id(), Service: "site",
		Onion:     services.Onion{Address: s.id(), Key: services.Secret(s.id()), Clients: oneOf(s, nil, []services.Client{}, []services.Client{{Person: "x"}, {}})},
		Desired:   oneOf(s, services.DesiredRunning, services.DesiredGone, services.DesiredWarm, "other"),
		State:     oneOf(s, services.StateGone, services.StateStarting, services.StateStopping, "other"),
		Rules:     services.Rules{Idle: time.Duration(s.pick(3)) * 1500 * time.Microsecond},
		CreatedAt: s.time(), EndedAt: s.time(), UpdatedAt: s.time(),
	}
}

func (s *script) notice() *services.Notice {
	return &services.Notice{
		ID: int64(s.pick(6)), Key: oneOf(s, "k1", "k2", "k3", "k4", ""), Instance: s.id(), Slot: oneOf(s, "", "s1", "s2"),
		To: services.Route{Network: "n", Account: s.id()}, Kind: services.KindGone,
		Args: oneOf(s, nil, map[string]string{}, map[string]string{"a": "<&>\u2028"}), Body: oneOf(s, nil, []byte{}, []byte("b")),
		DueAt: s.time(), NextAt: s.time(), StaleAt: s.time(), Attempts: s.pick(3), RemoteID: s.id(), Alert: s.pick(2) == 1,
		State: oneOf(s, services.NoticePending, services.NoticeSent, services.NoticeSkipped, services.NoticeGivenUp, "", "other"),
	}
}

// answer is what an operation said, in a form that can be compared.
func answer(v any, err error) any {
	if err != nil {
		return services.CodeOf(err)
	}
	return v
}

func answerless(err error) any { return answer("done", err) }

// step prepares one operation, so that it can be done to two stores.
func (s *script) step() (name string, do func(services.Tx) any) {
	i, n, at, id, limit := s.instance(), s.notice(), s.time(), s.id(), s.pick(4)
	in := services.Incoming{Network: "n", ID: id, Raw: oneOf(s, nil, []byte{}, []byte{0}), SentAt: at}
	network := oneOf(s, "n", "n", "n", "m")
	kinds := oneOf(s, nil, []services.Kind{services.KindGone}, []services.Kind{services.KindDown, services.KindGone})
	ops := []struct {
		name string
		do   func(services.Tx) any
	}{
		{"PutInstance", func(tx services.Tx) any { return answerless(tx.PutInstance(i)) }},
		{"EraseInstance", func(tx services.Tx) any { return answerless(tx.EraseInstance(id)) }},
		{"AddNotice", func(tx services.Tx) any {
			c := *n
			added, err := tx.AddNotice(&c)
			return []any{answer(added, err), c.ID}
		}},
		{"PutNotice", func(tx services.Tx) any { return answerless(tx.PutNotice(n)) }},
		{"DueNotices", func(tx services.Tx) any { return answer(tx.DueNotices(at, limit)) }},
		{"DueByChat", func(tx services.Tx) any { return answer(tx.DueByChat(at, limit, limit+1)) }},
		{"PostponeChat", func(tx services.Tx) any {
			return answerless(tx.PostponeChat(services.Route{Network: network, Account: id}, at))
		}},
		{"GiveUpNotices", func(tx services.Tx) any { return answerless(tx.GiveUpNotices(network, id)) }},
		{"AddIncoming", func(tx services.Tx) any { return answer(tx.AddIncoming(in)) }},
		{"MarkHandled", func(tx services.Tx) any { return answer(tx.MarkHandled("n", id)) }},
		{"SkipNotices", func(tx services.Tx) any { return answerless(tx.SkipNotices(id, kinds...)) }},
		{"SetCursor", func(tx services.Tx) any { return answerless(tx.SetCursor("n", id)) }},
		{"SetSetting", func(tx services.Tx) any { return answerless(tx.SetSetting(id, id)) }},
		{"AddAudit", func(tx services.Tx) any { return answerless(tx.AddAudit(services.AuditEntry{At: at, Action: id})) }},
		{"CountAudit", func(tx services.Tx) any {
			return answerless(tx.CountAudit(services.AuditEntry{At: time.UnixMilli(int64(limit)*2_500_000 + 1000), Action: id}))
		}},
		{"DropIncoming", func(tx services.Tx) any { return answer(tx.DropIncoming("n", id)) }},
		{"KeepNetworks", func(tx services.Tx) any { return answerless(tx.KeepNetworks(network, id)) }},
		{"Purge", func(tx services.Tx) any { return answerless(tx.Purge(at)) }},
	}
	op := ops[s.pick(len(ops))]
	return op.name, op.do
}

// everything is all that a store can be asked.
func everything(tx services.Tx) any {
	out := map[string]any{
		"all":   answer(tx.Instances(services.InstanceFilter{})),
		"alive": answer(tx.Instances(services.InstanceFilter{NotEnded: true})),
		"warm":  answer(tx.Instances(services.InstanceFilter{Service: "site", Desired: services.DesiredWarm})),
		"ends":  answer(tx.CountInstances(services.InstanceFilter{Desired: services.DesiredGone, State: services.StateStopping})),
		"next":  answer(tx.NextNoticeAt()),
		"due":   answer(tx.DueNotices(time.UnixMilli(1e6), 99)),
		"fair":  answer(tx.DueByChat(time.UnixMilli(1e6), 2, 3)),
		"count": answer(tx.CountDue(time.UnixMilli(5000))),
		"audit": answer(tx.Audit(99)),
		"inbox": answer(tx.Incomings("n", 99)),
		"place": answer(tx.Cursor("n")),
	}
	for _, id := range []string{"a", "b", "c", "d"} {
		out["one "+id] = answer(tx.Instance(id))
		out["own "+id] = answer(tx.Instances(services.InstanceFilter{Owner: id, NotEnded: true}))
		out["named "+id] = answer(tx.Instances(services.InstanceFilter{Owner: "a", Name: id, Desired: services.DesiredRunning}))
		out["count "+id] = answer(tx.CountInstances(services.InstanceFilter{Owner: id, Desired: services.DesiredRunning}))
		out["handled "+id] = answer(tx.Handled("n", id))
		out["setting "+id] = answer(tx.Setting(id))
		out["pending "+id] = answer(tx.PendingNotices(id))
	}
	for id := range int64(6) {
		out[fmt.Sprint("notice ", id)] = answer(tx.PendingNotice(id))
	}
	for _, slot := range []string{"", "s1", "s2"} {
		out["slot "+slot] = answer(tx.SlotMessage(slot))
	}
	return out
}

var errAbort = errors.New("the function gives up")

// agree does the same to both stores and compares every answer.
func agree(t *testing.T, b []byte) {
	t.Helper()
	now := func() time.Time { return time.UnixMilli(4000) }
	memory := storetest.NewMemory()
	memory.Now = now
	real, err := db.Open(t.Context(), filepath.Join(t.TempDir(), "s", "onionbot.db"), db.Options{Clock: services.ClockFunc(now)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = real.Close() }()
	s := &script{b}
	for round := 0; len(s.b) > 0 && round < 50; round++ {
		var names []string
		var steps []func(services.Tx) any
		for range 1 + s.pick(4) {
			name, do := s.step()
			names, steps = append(names, name), append(steps, do)
		}
		abort := s.pick(8) == 7
		var said [2][]any
		for k, store := range []services.Store{memory, real} {
			err := store.Update(t.Context(), func(tx services.Tx) error {
				for _, do := range steps {
					said[k] = append(said[k], do(tx))
				}
				said[k] = append(said[k], everything(tx))
				if abort {
					return errAbort
				}
				return nil
			})
			if abort != (err != nil) {
				t.Fatalf("Update gave %v", err)
			}
			err = store.View(t.Context(), func(tx services.Tx) error {
				said[k] = append(said[k], everything(tx))
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(said[0], said[1]); diff != "" {
			t.Fatalf("after %v (abort %t) the stores differ (-memory +sqlite):\n%s", names, abort, diff)
		}
	}
}

func TestMemoryAndSQLiteAgree(t *testing.T) {
	seeds := 3
	if os.Getenv("ONIONBOT_SOAK") != "" {
		seeds = 60
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			agree(t, noise(seed, 3000))
		})
	}
}

// FuzzStore wants -fuzzminimizetime 1x: with the coverage counters in all of
// SQLite, making inputs smaller takes all the time there is.
func FuzzStore(f *testing.F) {
	for seed := range 4 {
		f.Add(noise(seed, 400))
	}
	f.Fuzz(agree)
}

func noise(seed, size int) []byte {
	random := rand.New(rand.NewPCG(uint64(seed), 1))
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}
