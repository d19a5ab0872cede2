package storetest

import (
	"testing"
	"time"

	"onionbot/services"
)

func instanceComesBackWhole(t *testing.T, s services.Store) {
	want := sample("a")
	bare := &services.Instance{ID: "b", Desired: services.DesiredWarm, State: services.StateStarting}
	fine := sample("c")
	fine.Owner = "zoë \x00'\";"
	fine.CreatedAt = base.Add(time.Millisecond + 7*time.Nanosecond).In(time.FixedZone("x", 3600))
	update(t, s, func(tx services.Tx) {
		ok(t, tx.PutInstance(want))
		ok(t, tx.PutInstance(bare))
		ok(t, tx.PutInstance(fine))
	})
	want.Onion.Clients[0].Key = "changed afterwards"
	want.Secrets["admin"] = "changed afterwards"
	fine.CreatedAt = base.Add(time.Millisecond)
	view(t, s, func(tx services.Tx) {
		is(t, sample("a"))(tx.Instance("a"))
		is(t, bare)(tx.Instance("b"))
		is(t, fine)(tx.Instance("c"))
		_, err := tx.Instance("d")
		wantCode(t, err, services.CodeNotFound)
	})
	changed := &services.Instance{ID: "a", Owner: "bob", Desired: services.DesiredGone, State: services.StateStopping}
	update(t, s, func(tx services.Tx) { ok(t, tx.PutInstance(changed)) })
	view(t, s, func(tx services.Tx) { is(t, changed)(tx.Instance("a")) })
}

func instancesAreOrderedAndFiltered(t *testing.T, s services.Store) {
	put := func(id, owner string, created time.Time, state services.State) {
		i := sample(id)
		i.Owner, i.CreatedAt, i.State = owner, created, state
		update(t, s, func(tx services.Tx) { ok(t, tx.PutInstance(i)) })
	}
	put("z", "alice", base, services.StateStarting)
	put("b", "alice", base.Add(time.Hour), services.StateGone)
	put("a", "bob", base.Add(time.Hour), services.StateStopping)
	put("c", "alice", base.Add(-time.Hour), services.StateDown)
	for _, tt := range []struct {
		filter services.InstanceFilter
		want   string
	}{
		{services.InstanceFilter{}, "czab"},
		{services.InstanceFilter{NotEnded: true}, "cza"},
		{services.InstanceFilter{Owner: "alice"}, "czb"},
		{services.InstanceFilter{Owner: "alice", NotEnded: true}, "cz"},
		{services.InstanceFilter{Owner: "nobody"}, ""},
		{services.InstanceFilter{CreatedAfter: base}, "ab"},
		{services.InstanceFilter{Owner: "alice", CreatedAfter: base.Add(-time.Minute)}, "zb"},
		{services.InstanceFilter{Name: "name-z"}, "z"},
		{services.InstanceFilter{Owner: "bob", Name: "name-z"}, ""},
		{services.InstanceFilter{Service: "site", State: services.StateDown}, "c"},
		{services.InstanceFilter{Service: "ssh"}, ""},
		{services.InstanceFilter{Owner: "alice", Desired: services.DesiredRunning}, "czb"},
		{services.InstanceFilter{Desired: services.DesiredWarm}, ""},
		{services.InstanceFilter{Desired: services.DesiredGone}, ""},
	} {
		view(t, s, func(tx services.Tx) {
			found, err := tx.Instances(tt.filter)
			got := ""
			for _, i := range found {
				got += i.ID
			}
			is(t, tt.want)(got, err)
			is(t, len(tt.want))(tx.CountInstances(tt.filter))
		})
	}
}

func nameIsTakenOnlyWhileMeantToRun(t *testing.T, s services.Store) {
	first, second := sample("a"), sample("b")
	second.Name = first.Name
	other := sample("c")
	other.Owner, other.Name = "bob", first.Name
	update(t, s, func(tx services.Tx) {
		ok(t, tx.PutInstance(first))
		ok(t, tx.PutInstance(first))
		ok(t, tx.PutInstance(other))
		wantCode(t, tx.PutInstance(second), services.CodeConflict)
		_, err := tx.Instance("b")
		wantCode(t, err, services.CodeNotFound)
		// The old one is being taken down: the name is free at once.
		first.Desired, first.State = services.DesiredGone, services.StateStopping
		ok(t, tx.PutInstance(first))
		ok(t, tx.PutInstance(second))
		first.Desired = services.DesiredRunning
		wantCode(t, tx.PutInstance(first), services.CodeConflict)
		for _, id := range []string{"w1", "w2"} {
			ok(t, tx.PutInstance(&services.Instance{ID: id, Desired: services.DesiredWarm, State: services.StateStarting}))
		}
	})
}

func eraseKeepsOnlyWhatTheAuditNeeds(t *testing.T, s services.Store) {
	i := sample("a")
	update(t, s, func(tx services.Tx) {
		wantCode(t, tx.EraseInstance("a"), services.CodeNotFound)
		ok(t, tx.PutInstance(i))
		wantCode(t, tx.EraseInstance("a"), services.CodeConflict)
		i.Desired, i.State = services.DesiredGone, services.StateGone
		ok(t, tx.PutInstance(i))
		ok(t, tx.EraseInstance("a"))
		ok(t, tx.EraseInstance("a"))
	})
	want := &services.Instance{
		ID: i.ID, Owner: i.Owner, Service: i.Service, Desired: i.Desired, State: i.State, Reason: i.Reason,
		CreatedAt: i.CreatedAt, ExpiresAt: i.ExpiresAt, ReadyAt: i.ReadyAt,
		CheckedAt: i.CheckedAt, EndedAt: i.EndedAt, UpdatedAt: i.UpdatedAt,
	}
	view(t, s, func(tx services.Tx) { is(t, want)(tx.Instance("a")) })
}

func unknownStatesAreRefused(t *testing.T, s services.Store) {
	for name, spoil := range map[string]func(*services.Instance){
		"desired": func(i *services.Instance) { i.Desired = "soon" },
		"state":   func(i *services.Instance) { i.State = "" },
		"id":      func(i *services.Instance) { i.ID = "" },
	} {
		i := sample("a")
		spoil(i)
		err := s.Update(t.Context(), func(tx services.Tx) error { return tx.PutInstance(i) })
		if err == nil {
			t.Errorf("unknown %s was accepted", name)
		}
	}
	for _, n := range []*services.Notice{{Key: ""}, {Key: "k", State: "maybe"}} {
		err := s.Update(t.Context(), func(tx services.Tx) error { _, err := tx.AddNotice(n); return err })
		if err == nil {
			t.Errorf("notice with key %q and state %q was accepted", n.Key, n.State)
		}
	}
}
