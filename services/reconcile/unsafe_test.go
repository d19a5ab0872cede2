package reconcile_test

import (
	"testing"
	"testing/synctest"
	"time"

	"onionbot/services"
)

func unsafeError() error {
	return services.E(services.CodeUnsafe, "reached", "the internet at 1.1.1.1")
}

func TestWhatIsNotSafeIsNotStartedAndNotTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.fail("Run", unsafeError())
		h.begin(services.StartOptions{Service: "site"})
		h.after(time.Minute)
		h.wantState(services.StateGone)
		h.wantNothingLeft()
		i := h.only()
		if i.Reason != services.ReasonFailed || i.Repairs != 0 || !i.ReadyAt.IsZero() {
			t.Errorf("ended as %+v", i)
		}
		if n := h.said(services.KindLost); len(n) != 1 || n[0].Args["fault"] != "unsafe" || n[0].Args["opened"] != "never" {
			t.Errorf("the owner was told %v", n)
		}
		if n := h.notices(); n[services.KindReachable] != 0 || n[services.KindDown] != 0 {
			t.Errorf("told %v", n)
		}
	})
}

func TestOperatorsAreToldWhatWasWithinReachOnceAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.fail("Run", unsafeError())
		for range 3 {
			h.begin(services.StartOptions{Service: "site"})
			h.after(time.Minute)
		}
		told := h.said(services.KindUnsafe)
		if len(told) != 1 || told[0].To != chief || told[0].Args["reached"] != "the internet at 1.1.1.1" || told[0].Args["service"] != "site" {
			t.Fatalf("told %+v", told)
		}
		h.after(time.Hour)
		h.begin(services.StartOptions{Service: "site"})
		h.after(time.Minute)
		if n := len(h.said(services.KindUnsafe)); n != 2 {
			t.Errorf("told %d times", n)
		}
	})
}

func TestARepairThatIsNotSafeEndsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.begin(services.StartOptions{Service: "site", Life: 20 * time.Hour})
		h.after(time.Minute)
		h.wantState(services.StateReachable)
		h.fail("Run", unsafeError())
		_ = h.runtime.Crash(h.only().ID)
		h.after(2 * time.Minute)
		h.wantState(services.StateGone)
		h.wantNothingLeft()
		if n := h.said(services.KindLost); len(n) != 1 || n[0].Args["fault"] != "unsafe" || n[0].Args["opened"] != "" {
			t.Errorf("the owner was told %v", n)
		}
	})
}
