//go:build faults

package main

import "onionbot/services"

// The points of a message's way, each before and after and with the network's
// name, as in "after:keep/mastodon":
//
//	keep     a new message is stored in the inbox
//	handle   a message is marked as handled, with what it asked for and the reply
//	claim    the attempt to send a reply is noted; after: it is not sent yet
//	confirm  its arrival is noted; before: it has arrived and nobody knows
const (
	pointKeep    = "keep/"
	pointHandle  = "handle/"
	pointClaim   = "claim/"
	pointConfirm = "confirm/"
)

// pointedTx notes what a transaction does.
type pointedTx struct {
	services.Tx
	passed []string
}

func (t *pointedTx) AddIncoming(in services.Incoming) (bool, error) {
	fresh, err := t.Tx.AddIncoming(in)
	if fresh {
		t.passed = append(t.passed, pointKeep+in.Network)
	}
	return fresh, err
}

func (t *pointedTx) MarkHandled(network, id string) (bool, error) {
	fresh, err := t.Tx.MarkHandled(network, id)
	if fresh {
		t.passed = append(t.passed, pointHandle+network)
	}
	return fresh, err
}

func (t *pointedTx) PutNotice(n *services.Notice) error {
	switch {
	case n.State == services.NoticeSent:
		t.passed = append(t.passed, pointConfirm+n.To.Network)
	case n.State == services.NoticePending && n.Attempts > 0:
		t.passed = append(t.passed, pointClaim+n.To.Network)
	}
	return t.Tx.PutNotice(n)
}

// withMessagePoints puts points around what the conversation stores.
func withMessagePoints(s services.Store, pass func(point string)) services.Store {
	if pass == nil {
		return s
	}
	return &pointedStore{Store: s, point: pass}
}
