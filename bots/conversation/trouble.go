package conversation

import (
	"sync"
	"time"

	"onionbot/bots"
	"onionbot/bots/reply"
	"onionbot/services"
)

const (
	// aloneAfter is after how many attempts a message that a network breaks
	// over no longer holds up the others of its chat.
	aloneAfter = 3
	// troubleAfter is how many failures in a row are told.
	troubleAfter = 3
	// lateAfter is how late an answer may be before it says so.
	lateAfter = 2 * time.Minute
)

// sendTroubles remember, by network, since when nothing gets through.
type sendTroubles struct {
	mu  sync.Mutex
	row map[string]failureRow
}

// failureRow is how many attempts failed since the last success.
type failureRow struct {
	failures int
	since    time.Time
}

func (t *sendTroubles) failed(network string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.row == nil {
		t.row = make(map[string]failureRow)
	}
	r := t.row[network]
	if r.failures++; r.failures == 1 {
		r.since = now
	}
	t.row[network] = r
}

func (t *sendTroubles) sent(network string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.row, network)
}

// Health names the networks to which nothing can be sent, and since when.
func (b *Outbox) Health() map[string]string {
	b.troubles.mu.Lock()
	defer b.troubles.mu.Unlock()
	out := make(map[string]string)
	for network, r := range b.troubles.row {
		if r.failures >= troubleAfter {
			out[network] = reply.NotSent(r.since.In(b.o.Zone), b.o.Clock.Now().In(b.o.Zone))
		}
	}
	return out
}

// alone reports whether a failure is this message's own: the network is there,
// and breaks over it again and again.
func alone(n *services.Notice, s *bots.SendError) bool {
	return n.Carried() || s.Answered && s.RetryAfter <= 0 && n.Attempts >= aloneAfter
}

// dated says of an answer that was written long ago that it was.
func (b *Outbox) dated(n *services.Notice, r bots.Reply, now time.Time) bots.Reply {
	if n.Kind != services.KindReply || now.Sub(n.DueAt) < lateAfter {
		return r
	}
	return b.o.Replies.Late(r, n.DueAt.In(b.o.Zone), now.In(b.o.Zone))
}
