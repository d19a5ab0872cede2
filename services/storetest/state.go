package storetest

import (
	"maps"
	"slices"
	"time"

	"onionbot/services"
)

// state is everything that a [Memory] holds. A committed state is never
// changed again: transactions work on a clone and replace records whole.
type state struct {
	instances map[string]*services.Instance
	notices   map[int64]*services.Notice
	keys      map[string]int64 // of notices
	incoming  map[messageID]received
	handled   map[messageID]int64 // unix milliseconds
	audit     []services.AuditEntry
	cursors   map[string]string
	settings  map[string]string
	people    map[string]*services.Person
	bindings  []services.Binding
	invites   []*services.Invite
	userKeys  []services.Key
	shares    []share
	lastNote  int64 // ID of the newest notice
	lastSeq   int64 // of the newest received message
	lastKey   int64 // ID of the newest key of a user
}

type share struct{ instance, user string }

type messageID struct{ network, id string }

type received struct {
	seq int64
	services.Incoming
}

func newState() *state {
	return &state{
		instances: make(map[string]*services.Instance),
		notices:   make(map[int64]*services.Notice),
		keys:      make(map[string]int64),
		incoming:  make(map[messageID]received),
		handled:   make(map[messageID]int64),
		cursors:   make(map[string]string),
		settings:  make(map[string]string),
		people:    make(map[string]*services.Person),
	}
}

// clone shares the records, which are never changed in place.
func (s *state) clone() *state {
	c := *s
	c.instances = maps.Clone(s.instances)
	c.notices = maps.Clone(s.notices)
	c.keys = maps.Clone(s.keys)
	c.incoming = maps.Clone(s.incoming)
	c.handled = maps.Clone(s.handled)
	c.audit = slices.Clip(s.audit)
	c.cursors = maps.Clone(s.cursors)
	c.settings = maps.Clone(s.settings)
	c.people = maps.Clone(s.people)
	c.bindings, c.invites = slices.Clone(s.bindings), slices.Clone(s.invites)
	c.userKeys, c.shares = slices.Clone(s.userKeys), slices.Clone(s.shares)
	return &c
}

// stored is a time as a store keeps it: UTC, whole milliseconds.
func stored(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMilli(t.UnixMilli()).UTC()
}

func copyInstance(i *services.Instance) *services.Instance {
	c := *i
	c.Rules.Idle = i.Rules.Idle.Truncate(time.Millisecond)
	c.Secrets = nil
	if len(i.Secrets) > 0 {
		c.Secrets = maps.Clone(i.Secrets)
	}
	c.Onion.Clients = slices.Clone(nonEmpty(i.Onion.Clients))
	for _, t := range []*time.Time{&c.CreatedAt, &c.ExpiresAt, &c.ReadyAt, &c.CheckedAt, &c.EndedAt, &c.UpdatedAt} {
		*t = stored(*t)
	}
	return &c
}

func copyNotice(n *services.Notice) *services.Notice {
	c := *n
	c.Args = nil
	if len(n.Args) > 0 {
		c.Args = maps.Clone(n.Args)
	}
	c.Body = slices.Clone(nonEmpty(n.Body))
	for _, t := range []*time.Time{&c.DueAt, &c.StaleAt, &c.NextAt} {
		*t = stored(*t)
	}
	return &c
}

func copyIncoming(in services.Incoming) services.Incoming {
	in.Raw = slices.Clone(nonEmpty(in.Raw))
	in.SentAt, in.ReceivedAt = stored(in.SentAt), stored(in.ReceivedAt)
	return in
}

// nonEmpty makes nil of an empty slice, as a store does that keeps neither.
func nonEmpty[T any](s []T) []T {
	if len(s) == 0 {
		return nil
	}
	return s
}
