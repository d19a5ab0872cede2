package storetest_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"onionbot/services"
	"onionbot/services/storetest"
)

func TestMemoryIsAStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) services.Store { return storetest.NewMemory() })
}

func TestFaultsComeBackToTheCaller(t *testing.T) {
	fault := services.E(services.CodeReadOnlyState)
	set := func(tx services.Tx) error { return tx.SetSetting("a", "1") }
	for _, tt := range []struct {
		op   string
		want string // the setting afterwards
	}{{"Update", ""}, {"SetSetting", ""}, {"Commit", ""}, {"Committed", "1"}} {
		armed := true
		m := storetest.NewMemory()
		m.Fail = func(op string) error {
			if armed && op == tt.op {
				return fault
			}
			return nil
		}
		if err := m.Update(t.Context(), set); !errors.Is(err, fault) {
			t.Errorf("%s: Update returned %v", tt.op, err)
		}
		armed = false
		err := m.View(t.Context(), func(tx services.Tx) error {
			got, err := tx.Setting("a")
			if got != tt.want {
				t.Errorf("%s: the setting is %q, want %q", tt.op, got, tt.want)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// A writer that waits for another must not keep a bubble's time from passing.
func TestWaitingWritersLetTimePass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := storetest.NewMemory()
		for range 3 {
			go func() {
				err := m.Update(t.Context(), func(services.Tx) error { time.Sleep(time.Hour); return nil })
				if err != nil {
					t.Error(err)
				}
			}()
		}
		start := time.Now()
		time.Sleep(4 * time.Hour)
		synctest.Wait()
		if since := time.Since(start); since != 4*time.Hour {
			t.Errorf("%v passed", since)
		}
	})
}
