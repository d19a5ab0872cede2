package conversation

import (
	"maps"
	"sync"
	"sync/atomic"

	"onionbot/bots"
)

// Received is what one network's receiving side has done since the process
// began.
type Received struct {
	Events uint64 // stored for the first time
	Errors uint64 // attempts to receive that failed
}

// receiveCounters counts for one network.
type receiveCounters struct{ events, ends atomic.Uint64 }

// Received tells, by network, how receiving goes.
func (h *Hub) Received() map[string]Received {
	out := make(map[string]Received, len(h.o.Adapters))
	for _, a := range h.o.Adapters {
		counters := &h.inbox[a.Network()].counters
		r := Received{Events: counters.events.Load(), Errors: counters.ends.Load()}
		if c, ok := a.(bots.ReceiveCounter); ok {
			r.Errors += c.ReceiveErrors()
		}
		out[a.Network()] = r
	}
	return out
}

// SendResult is how an attempt to send ended.
type SendResult string

// The results.
const (
	SendOK        SendResult = "ok"
	SendRetry     SendResult = "retry"     // failed; it is tried again
	SendGivenUp   SendResult = "given-up"  // refused for good, or tried too often
	SendUnwelcome SendResult = "unwelcome" // the person blocked us or is gone
)

// SendResults are all results.
func SendResults() []SendResult {
	return []SendResult{SendOK, SendRetry, SendGivenUp, SendUnwelcome}
}

// Sends are attempts of one kind.
type Sends struct {
	Network string
	Result  SendResult
}

// sendCounters counts attempts.
type sendCounters struct {
	mu sync.Mutex
	by map[Sends]uint64
}

func (t *sendCounters) add(network string, result SendResult) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.by == nil {
		t.by = make(map[Sends]uint64)
	}
	t.by[Sends{network, result}]++
}

// Sent tells how the attempts to send ended since the process began; what
// never happened is not in it.
func (b *Outbox) Sent() map[Sends]uint64 {
	b.counters.mu.Lock()
	defer b.counters.mu.Unlock()
	return maps.Clone(b.counters.by)
}
