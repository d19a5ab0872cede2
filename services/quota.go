package services

import (
	"fmt"
	"slices"
	"time"
)

// quota refuses a start beyond what the user, or this host, may have. What counts
// is containers, since that is what the host's memory goes to: several services
// behind one address are as many as they are apart. What is being taken down is
// still there, and counts until nothing of it is left.
func (m *Manager) quota(tx Tx, u *User, needs int, now time.Time) error {
	mine, err := countContainers(tx, InstanceFilter{Owner: u.Name, NotEnded: true})
	if err != nil {
		return err
	}
	if mine+needs > u.MaxInstances {
		return tooMany(tx, u, mine, needs, now)
	}
	if err := tooOften(tx, u, now); err != nil {
		return err
	}
	limit := m.o.Policy.MaxInstances
	if limit <= 0 {
		return nil
	}
	total, err := countContainers(tx, InstanceFilter{NotEnded: true})
	if err != nil {
		return err
	}
	warm, err := tx.CountInstances(InstanceFilter{Desired: DesiredWarm})
	if err != nil || total-warm+needs <= limit {
		return err
	}
	return E(CodeFull, "room", room(tx, InstanceFilter{Desired: DesiredRunning}, now))
}

// memory refuses a start for which the host has promised too much already. What
// has left the catalogue is not known to hold any.
func (m *Manager) memory(tx Tx, def *Definition, now time.Time) error {
	limit := m.o.Policy.MaxMemory
	if limit <= 0 {
		return nil
	}
	all, err := tx.Instances(InstanceFilter{NotEnded: true})
	if err != nil {
		return err
	}
	promised := def.memory()
	for _, i := range all {
		if d, ok := m.o.Catalog.Find(i.Service); ok && i.Desired != DesiredWarm {
			promised += d.memory()
		}
	}
	if promised <= limit {
		return nil
	}
	return E(CodeFull, "room", room(tx, InstanceFilter{Desired: DesiredRunning}, now))
}

// memory is what the containers of the definition may use together, in bytes.
func (d *Definition) memory() (sum int64) {
	for _, part := range d.Singles() {
		sum += part.Limits.MemoryBytes
	}
	return sum
}

// tooMany says whether it is what runs that is too much, or what is ending.
func tooMany(tx Tx, u *User, mine, needs int, now time.Time) error {
	running, err := countContainers(tx, InstanceFilter{Owner: u.Name, Desired: DesiredRunning})
	switch {
	case err != nil:
		return err
	case running >= u.MaxInstances:
		return E(CodeTooMany, "max", fmt.Sprint(u.MaxInstances), "room", room(tx, InstanceFilter{Owner: u.Name, Desired: DesiredRunning}, now))
	case running+needs > u.MaxInstances: // there is room, but not for as many
		return E(CodeTooMany, "max", fmt.Sprint(u.MaxInstances), "needs", fmt.Sprint(needs), "have", fmt.Sprint(running))
	}
	return E(CodeTooMany, "max", fmt.Sprint(u.MaxInstances), "ending", fmt.Sprint(mine-running))
}

// room is how long until the first of the instances ends by itself; "" if
// that is not known.
func room(tx Tx, f InstanceFilter, now time.Time) string {
	live, err := tx.Instances(f)
	if err != nil || len(live) == 0 {
		return "" // then the sentence says less
	}
	first := slices.MinFunc(live, func(a, b *Instance) int { return a.ExpiresAt.Compare(b.ExpiresAt) })
	return max(first.ExpiresAt.Sub(now), 0).Truncate(time.Second).String()
}

// tooOften refuses more starts within a day than the user may make.
func tooOften(tx Tx, u *User, now time.Time) error {
	if u.PerDay == 0 {
		return nil
	}
	made, err := tx.Instances(InstanceFilter{Owner: u.Name, CreatedAfter: now.Add(-day)})
	if err != nil || len(made) < u.PerDay {
		return err
	}
	next := made[len(made)-u.PerDay].CreatedAt.Add(day)
	return E(CodeTooOften, "max", fmt.Sprint(u.PerDay), "room", next.Sub(now).Truncate(time.Second).String())
}
