package tor

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onionbot/services"
)

func TestRemoveClosesWhatVisitorsHoldAndNothingElse(t *testing.T) {
	f := newFakeTor(t)
	p := openFakes(t, Options{}, f)
	spec, other := testSpec(t, "alice"), testSpec(t, "bob")
	for _, s := range []services.OnionSpec{spec, other} {
		if err := p.Publish(soon(t), s); err != nil {
			t.Fatal(err)
		}
	}
	circuit := "%d BUILT $A,$B BUILD_FLAGS=IS_INTERNAL PURPOSE=%s HS_STATE=X REND_QUERY=%s TIME_CREATED=2026-01-01T00:00:00"
	kept := []string{
		fmt.Sprintf(circuit, 11, "HS_SERVICE_REND", idOf(other)),
		fmt.Sprintf(circuit, 12, "HS_CLIENT_REND", idOf(spec)),
		"13 BUILT $A PURPOSE=GENERAL TIME_CREATED=2026-01-01T00:00:00",
	}
	f.with(func() {
		f.circuits = append([]string{
			fmt.Sprintf(circuit, 1, "HS_SERVICE_REND", idOf(spec)),
			fmt.Sprintf(circuit, 2, "HS_SERVICE_REND", idOf(spec)),
		}, kept...)
	})
	for range 2 { // removing what is gone succeeds
		if err := p.Remove(soon(t), spec.Onion.Address); err != nil {
			t.Fatal(err)
		}
	}
	f.with(func() {
		if diff := cmp.Diff(kept, f.circuits); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{idOf(other)}, f.onions); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRemovalEndsThePublicationItMeets(t *testing.T) {
	f := newFakeTor(t)
	f.manual = true
	p := openFakes(t, Options{}, f)
	spec := testSpec(t, "alice")
	done := background(soon(t), p, spec)
	take(t, f.adds)
	if err := p.Remove(soon(t), spec.Onion.Address); err != nil {
		t.Fatal(err)
	}
	if err := take(t, done); !errors.Is(err, errRemoved) {
		t.Errorf("publish = %v", err)
	}
	if list, err := p.List(soon(t)); err != nil || len(list) != 0 {
		t.Errorf("list = %v, %v", list, err)
	}
}
