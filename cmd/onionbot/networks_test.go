package main

import (
	"context"
	"path/filepath"
	"testing"

	"onionbot/bots"
	"onionbot/db"
	"onionbot/services"
)

// named is a front end of which nothing but the name matters.
type named struct {
	bots.Adapter
	network string
}

func (n named) Network() string { return n.network }

func TestMessagesOfANetworkThatIsOffAreErasedAtTheStart(t *testing.T) {
	store, err := db.Open(t.Context(), filepath.Join(t.TempDir(), "s", "onionbot.db"), db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	err = store.Update(t.Context(), func(tx services.Tx) error {
		for _, network := range []string{"console", "telegram"} {
			if _, err := tx.AddIncoming(services.Incoming{Network: network, ID: "1", Raw: []byte("start site")}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	d := &daemon{machine: &machine{store: store}, adapters: []bots.Adapter{named{network: "console"}}}
	if err := d.dropOthers(context.Background()); err != nil {
		t.Fatal(err)
	}
	err = store.View(t.Context(), func(tx services.Tx) error {
		for network, want := range map[string]int{"console": 1, "telegram": 0} {
			if left, err := tx.Incomings(network, 9); err != nil || len(left) != want {
				t.Errorf("%d messages of %s are left, want %d (%v)", len(left), network, want, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
