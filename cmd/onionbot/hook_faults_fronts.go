//go:build faults

package main

import (
	"context"

	"onionbot/bots"
	"onionbot/services"
)

// The points of a message's way, each before and after and with the network's
// name, as in "after:keep/mastodon":
//
//	keep     a new message is stored in the inbox
//	handle   a message is marked as handled, with what it asked for and the reply
//	claim    the attempt to send a reply is noted
//	send     the reply is given to the network; after: it has arrived
//	confirm  its arrival is noted
const (
	pointKeep    = "keep/"
	pointHandle  = "handle/"
	pointClaim   = "claim/"
	pointSend    = "send/"
	pointConfirm = "confirm/"
)

// hookedTx notes what a transaction does.
type hookedTx struct {
	services.Tx
	passed []string
}

func (t *hookedTx) AddIncoming(in services.Incoming) (bool, error) {
	fresh, err := t.Tx.AddIncoming(in)
	if fresh {
		t.passed = append(t.passed, pointKeep+in.Network)
	}
	return fresh, err
}

func (t *hookedTx) MarkHandled(network, id string) (bool, error) {
	fresh, err := t.Tx.MarkHandled(network, id)
	if fresh {
		t.passed = append(t.passed, pointHandle+network)
	}
	return fresh, err
}

func (t *hookedTx) PutNotice(n *services.Notice) error {
	switch {
	case n.State == services.NoticeSent:
		t.passed = append(t.passed, pointConfirm+n.To.Network)
	case n.State == services.NoticePending && n.Attempts > 0:
		t.passed = append(t.passed, pointClaim+n.To.Network)
	}
	return t.Tx.PutNotice(n)
}

// crashFronts puts points around what the front ends store.
func crashFronts(s services.Store, hook func(point string)) services.Store {
	if hook == nil {
		return s
	}
	return &hookedStore{Store: s, hook: hook}
}

// crashAdapters puts points around what they send.
func crashAdapters(adapters []bots.Adapter, hook func(point string)) []bots.Adapter {
	if hook == nil {
		return adapters
	}
	var out []bots.Adapter
	for _, a := range adapters {
		out = append(out, &hookedAdapter{a, hook})
	}
	return out
}

type hookedAdapter struct {
	bots.Adapter
	hook func(point string)
}

// Send passes "after:send" when the message has arrived and nobody knows.
func (a *hookedAdapter) Send(ctx context.Context, out bots.Outgoing) (string, error) {
	a.hook("before:" + pointSend + a.Network())
	id, err := a.Adapter.Send(ctx, out)
	if err == nil {
		a.hook("after:" + pointSend + a.Network())
	}
	return id, err
}

// Finished passes on what some adapters want to know.
func (a *hookedAdapter) Finished(in services.Incoming) {
	if f, ok := a.Adapter.(bots.Finisher); ok {
		f.Finished(in)
	}
}
