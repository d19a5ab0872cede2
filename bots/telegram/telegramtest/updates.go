package telegramtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// queued is an update that waits to be confirmed.
type queued struct {
	id  int64
	raw json.RawMessage
}

// enqueue adds an update; the lock is held.
func (s *Server) enqueue(kind string, content any) int64 {
	if s.allowed != nil && !s.allowed[kind] {
		return 0
	}
	id := s.nextID
	s.nextID++
	raw, err := json.Marshal(map[string]any{"update_id": id, kind: content})
	if err != nil {
		panic("telegramtest: update: " + err.Error()) // a mistake in the test
	}
	s.updates = append(s.updates, queued{id, raw})
	return id
}

// PushRaw queues the JSON that make returns for the next id, however odd.
func (s *Server) PushRaw(make func(id int64) string) (id int64) {
	s.change(func() {
		id = s.nextID
		s.nextID++
		s.updates = append(s.updates, queued{id, json.RawMessage(make(id))})
	})
	return id
}

// SkipIDs lets the next update have the given id, as after a quiet week.
func (s *Server) SkipIDs(next int64) { s.change(func() { s.nextID = next }) }

// Pending is how many updates the bot has not confirmed yet.
func (s *Server) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.updates)
}

const (
	conflictPoll    = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
	conflictWebhook = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)

// getUpdates confirms everything below offset, waits up to timeout for
// something to come, and ends an older call that still waits.
func (s *Server) getUpdates(c *call) reply {
	limit, ok := c.int("limit")
	if !ok || limit < 1 || limit > 100 {
		limit = 100
	}
	seconds, _ := c.int("timeout")
	timeout := time.NewTimer(time.Duration(min(max(seconds, 0), 50)) * time.Second)
	defer timeout.Stop()

	s.mu.Lock()
	if s.webhook {
		s.mu.Unlock()
		return refuse(http.StatusConflict, conflictWebhook)
	}
	if s.poll != nil {
		close(s.poll)
	}
	mine := make(chan struct{})
	s.poll = mine
	s.confirm(c)
	s.wake()
	for len(s.updates) == 0 {
		changed := s.changed
		s.mu.Unlock()
		ended := false
		select {
		case <-mine:
			return refuse(http.StatusConflict, conflictPoll)
		case <-c.req.Context().Done():
			ended = true
		case <-s.done:
			ended = true
		case <-timeout.C:
			ended = true
		case <-changed:
		}
		s.mu.Lock()
		if s.revoked {
			s.release(mine)
			s.mu.Unlock()
			return refuse(http.StatusUnauthorized, "Unauthorized")
		}
		if ended {
			break
		}
	}
	defer s.mu.Unlock()
	s.release(mine)
	return reply{OK: true, Result: s.batch(int(limit))}
}

// confirm drops what the offset acknowledges; the lock is held.
func (s *Server) confirm(c *call) {
	if list, ok := c.args["allowed_updates"]; ok {
		var kinds []string
		if json.Unmarshal([]byte(list), &kinds) == nil {
			s.allowed = nil
			for _, k := range kinds {
				if s.allowed == nil {
					s.allowed = map[string]bool{}
				}
				s.allowed[k] = true
			}
		}
	}
	offset, ok := c.int("offset")
	switch {
	case !ok || offset == 0:
	case offset < 0:
		s.updates = s.updates[max(0, len(s.updates)+int(offset)):]
	default:
		kept := s.updates[:0:0]
		for _, u := range s.updates {
			if u.id >= offset {
				kept = append(kept, u)
			} else {
				s.last = append(s.last, u)
			}
		}
		s.updates = kept
		s.last = s.last[max(0, len(s.last)-10):]
	}
}

func (s *Server) release(mine chan struct{}) {
	if s.poll == mine {
		s.poll = nil
	}
}

// batch is what a poll returns; the lock is held. Faults may shuffle it or
// repeat what was confirmed already.
func (s *Server) batch(limit int) []json.RawMessage {
	list := slices.Clone(s.updates[:min(limit, len(s.updates))])
	for _, f := range s.takeFaults("getUpdates", Reorder, Duplicate) {
		if f.Kind == Reorder {
			slices.Reverse(list)
		} else {
			list = append(append(slices.Clone(s.last), list...), list...)
		}
	}
	raw := make([]json.RawMessage, 0, len(list))
	for _, u := range list {
		raw = append(raw, u.raw)
	}
	return raw
}
