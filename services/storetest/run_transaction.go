package storetest

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"

	"onionbot/services"
)

func failedUpdateLeavesNothing(t *testing.T, s services.Store) {
	update(t, s, func(tx services.Tx) { ok(t, tx.PutInstance(sample("a"))) })
	err := s.Update(t.Context(), func(tx services.Tx) error {
		changed := sample("a")
		changed.Visits = 99
		ok(t, tx.PutInstance(changed))
		ok(t, tx.PutInstance(sample("b")))
		ok(t, tx.AddAudit(services.AuditEntry{Action: "x"}))
		return errOnPurpose
	})
	if !errors.Is(err, errOnPurpose) {
		t.Errorf("Update returned %v, want what the function returned", err)
	}
	view(t, s, func(tx services.Tx) {
		is(t, sample("a"))(tx.Instance("a"))
		_, err := tx.Instance("b")
		wantCode(t, err, services.CodeNotFound)
		audit, err := tx.Audit(9)
		is(t, 0)(len(audit), err)
	})
}

func panicLeavesNothing(t *testing.T, s services.Store) {
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = s.Update(t.Context(), func(tx services.Tx) error {
			ok(t, tx.SetSetting("a", "1"))
			panic("on purpose")
		})
	}()
	update(t, s, func(tx services.Tx) { is(t, "")(tx.Setting("a")) })
}

func endedContextLeavesNothing(t *testing.T, s services.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Update(ctx, func(tx services.Tx) error {
		ok(t, tx.SetSetting("a", "1"))
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Update returned %v, want context.Canceled", err)
	}
	for _, call := range []func(context.Context, func(services.Tx) error) error{s.Update, s.View} {
		if err := call(ctx, func(services.Tx) error { t.Error("the function ran"); return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("call returned %v, want context.Canceled", err)
		}
	}
	view(t, s, func(tx services.Tx) { is(t, "")(tx.Setting("a")) })
}

func waitingForTheWriterRespectsContext(t *testing.T, s services.Store) {
	update(t, s, func(services.Tx) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Update(ctx, func(services.Tx) error { return nil }) }()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("waiting Update returned %v, want context.Canceled", err)
		}
	})
}

func updateSeesItsOwnWrites(t *testing.T, s services.Store) {
	update(t, s, func(tx services.Tx) {
		ok(t, tx.PutInstance(sample("a")))
		is(t, sample("a"))(tx.Instance("a"))
		view(t, s, func(outside services.Tx) {
			_, err := outside.Instance("a")
			wantCode(t, err, services.CodeNotFound)
		})
	})
}

func viewIsOneSnapshot(t *testing.T, s services.Store) {
	view(t, s, func(tx services.Tx) {
		is(t, "")(tx.Setting("a"))
		update(t, s, func(tx services.Tx) { ok(t, tx.SetSetting("a", "1")) })
		is(t, "")(tx.Setting("a"))
	})
	view(t, s, func(tx services.Tx) { is(t, "1")(tx.Setting("a")) })
}

func viewCannotWrite(t *testing.T, s services.Store) {
	view(t, s, func(tx services.Tx) {
		if err := tx.SetSetting("a", "1"); err == nil {
			t.Error("View could write")
		}
	})
	view(t, s, func(tx services.Tx) { is(t, "")(tx.Setting("a")) })
}

func transactionEndsWithItsFunction(t *testing.T, s services.Store) {
	var kept []services.Tx
	update(t, s, func(tx services.Tx) { kept = append(kept, tx) })
	view(t, s, func(tx services.Tx) { kept = append(kept, tx) })
	for _, tx := range kept {
		if _, err := tx.Setting("a"); err == nil {
			t.Error("an ended transaction could read")
		}
		if err := tx.SetSetting("a", "1"); err == nil {
			t.Error("an ended transaction could write")
		}
	}
}

func updatesAreSerialised(t *testing.T, s services.Store) {
	const workers, rounds = 8, 10
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range rounds {
				err := s.Update(t.Context(), func(tx services.Tx) error {
					v, err := tx.Setting("n")
					n, _ := strconv.Atoi(v)
					return errors.Join(err, tx.SetSetting("n", strconv.Itoa(n+1)))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	view(t, s, func(tx services.Tx) { is(t, strconv.Itoa(workers*rounds))(tx.Setting("n")) })
}

func scrubKeepsWhatIsStored(t *testing.T, s services.Store) {
	update(t, s, func(tx services.Tx) { ok(t, tx.PutInstance(sample("a"))) })
	ok(t, s.Scrub(within(t)))
	view(t, s, func(tx services.Tx) { is(t, sample("a"))(tx.Instance("a")) })
	update(t, s, func(tx services.Tx) { ok(t, tx.PutInstance(sample("b"))) })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Scrub(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Scrub returned %v, want context.Canceled", err)
	}
}

func closedStoreRefuses(t *testing.T, s services.Store) {
	ok(t, s.Close())
	ok(t, s.Close())
	for _, call := range []func(context.Context, func(services.Tx) error) error{s.Update, s.View} {
		if err := call(t.Context(), func(services.Tx) error { t.Error("the function ran"); return nil }); err == nil {
			t.Error("a closed store was usable")
		}
	}
	if err := s.Scrub(t.Context()); err == nil {
		t.Error("a closed store could be scrubbed")
	}
}
