package storetest

import (
	"testing"
	"time"

	"onionbot/services"
)

// person is one with every field set.
func person(name string) *services.Person {
	return &services.Person{
		User: services.User{
			Name: name, Role: services.RoleGuest, Services: []string{"site", "ssh"}, MaxInstances: 2,
			MaxLife: 12 * time.Hour, PerDay: 5, Storage: 1 << 30, Stored: true,
		},
		Blocked: true, InvitedBy: "alice", CreatedAt: base,
	}
}

func invite(hash string, kind services.InviteKind, user string) *services.Invite {
	return &services.Invite{
		Hash: hash, Kind: kind, User: person(user).User, Configured: true, By: "alice",
		To:        services.Route{Network: "telegram", Account: "4711", Chat: "c1"},
		CreatedAt: base, ExpiresAt: base.Add(time.Hour),
	}
}

func personComesBackWhole(t *testing.T, s services.Store) {
	changed := person("ana")
	changed.User.Services, changed.User.Role, changed.Blocked = nil, "", false
	want := person("ana")
	want.User.Services, want.User.Role, want.Blocked = nil, services.RoleMember, false
	update(t, s, func(tx services.Tx) {
		ok(t, tx.PutPerson(person("bob")))
		ok(t, tx.PutPerson(person("ana")))
		is(t, person("ana"))(tx.Person("ana"))
		ok(t, tx.PutPerson(changed))
		is(t, []*services.Person{want, person("bob")})(tx.People())
		_, err := tx.Person("carl")
		wantCode(t, err, services.CodeNotFound)
	})
	err := s.Update(t.Context(), func(tx services.Tx) error {
		p := person("mallory")
		p.User.Role = services.RoleOperator
		return tx.PutPerson(p)
	})
	if err == nil {
		t.Error("the store made an operator")
	}
}

func removedPersonTakesEverythingAlong(t *testing.T, s services.Store) {
	mine := services.Binding{Network: "m", Account: "1", Actor: "https://x/1", User: "ana", At: base}
	namesake := services.Binding{Network: "m", Account: "2", User: "ana", Configured: true, At: base}
	key := services.Key{User: "ana", Line: "ssh-ed25519 A", At: base}
	kept := services.Key{User: "ana", Configured: true, Line: "ssh-ed25519 B", At: base}
	other := invite("h2", services.InvitePerson, "bob")
	update(t, s, func(tx services.Tx) {
		ok(t, tx.PutPerson(person("ana")))
		ok(t, tx.AddBinding(mine))
		ok(t, tx.AddBinding(namesake))
		ok(t, tx.AddKey(&key))
		ok(t, tx.AddKey(&kept))
		link := invite("h1", services.InviteLink, "ana")
		link.Configured = false
		ok(t, tx.PutInvite(link))
		ok(t, tx.PutInvite(other))
		ok(t, tx.AddShare("i", "ana"))
		is(t, []services.Key{key, kept})(tx.Keys())
		ok(t, tx.RemovePerson("ana"))
		ok(t, tx.RemovePerson("ana"))
	})
	view(t, s, func(tx services.Tx) {
		is(t, []*services.Person(nil))(tx.People())
		is(t, []services.Binding{namesake})(tx.Bindings())
		is(t, []services.Key{kept})(tx.Keys())
		is(t, []*services.Invite{other})(tx.Invites())
		is(t, []string(nil))(tx.Shares("i"))
	})
	update(t, s, func(tx services.Tx) {
		ok(t, tx.RemoveKey(kept.ID))
		again := services.Key{User: "bob", Line: "x", At: base}
		ok(t, tx.AddKey(&again))
		if again.ID <= kept.ID {
			t.Errorf("the ID %d of a removed key was given again as %d", kept.ID, again.ID)
		}
	})
}

func accountBelongsToOneUser(t *testing.T, s services.Store) {
	first := services.Binding{Network: "m", Account: "1", User: "ana", At: base.Add(time.Second)}
	update(t, s, func(tx services.Tx) { ok(t, tx.AddBinding(first)) })
	err := s.Update(t.Context(), func(tx services.Tx) error {
		return tx.AddBinding(services.Binding{Network: "m", Account: "1", User: "mallory"})
	})
	wantCode(t, err, services.CodeConflict)
	update(t, s, func(tx services.Tx) {
		elsewhere := services.Binding{Network: "n", Account: "1", User: "bob", At: base}
		ok(t, tx.AddBinding(elsewhere))
		is(t, []services.Binding{elsewhere, first})(tx.Bindings())
	})
}

func newerInviteReplacesTheOlder(t *testing.T, s services.Store) {
	update(t, s, func(tx services.Tx) {
		ok(t, tx.PutInvite(invite("h1", services.InvitePerson, "ana")))
		ok(t, tx.PutInvite(invite("h2", services.InviteLink, "ana")))
		is(t, invite("h1", services.InvitePerson, "ana"))(tx.Invite("h1"))
		ok(t, tx.PutInvite(invite("h3", services.InvitePerson, "ana")))
		_, err := tx.Invite("h1")
		wantCode(t, err, services.CodeNotFound)
		ok(t, tx.DropInvite("h2"))
		ok(t, tx.DropInvite("h2"))
		is(t, []*services.Invite{invite("h3", services.InvitePerson, "ana")})(tx.Invites())
		ok(t, tx.Purge(base.Add(2*time.Hour)))
		is(t, []*services.Invite(nil))(tx.Invites())
	})
}

func sharesEndWithTheInstance(t *testing.T, s services.Store) {
	update(t, s, func(tx services.Tx) {
		i := sample("a")
		i.Desired, i.State = services.DesiredGone, services.StateGone
		ok(t, tx.PutInstance(i))
		for _, user := range []string{"carl", "bob", "bob"} {
			ok(t, tx.AddShare("a", user))
		}
		ok(t, tx.AddShare("b", "bob"))
		is(t, []string{"bob", "carl"})(tx.Shares("a"))
		is(t, []string{"a", "b"})(tx.SharedWith("bob"))
		ok(t, tx.RemoveShare("a", "carl"))
		ok(t, tx.RemoveShare("a", "carl"))
		is(t, []string{"bob"})(tx.Shares("a"))
		ok(t, tx.EraseInstance("a"))
		is(t, []string{"b"})(tx.SharedWith("bob"))
	})
}
