package services

import (
	"context"
	"slices"
	"time"
)

// Person returns a user of the store, [CodeNotFound] if there is none of that name.
func (m *Manager) Person(ctx context.Context, name string) (*Person, error) {
	var p *Person
	err := m.o.Store.View(ctx, func(tx Tx) error {
		var err error
		p, err = tx.Person(name)
		return err
	})
	return p, err
}

// ChangePerson changes a user of the store, at once: what they have on its way
// to us is judged by it. detail is what the audit says of it.
func (m *Manager) ChangePerson(ctx context.Context, req Request, name string, audit AuditEntry, body []byte, change func(p *Person)) error {
	return m.people(ctx, req, audit, body, func(tx Tx, _ time.Time) error {
		p, err := person(tx, name)
		if err != nil {
			return err
		}
		change(p)
		return tx.PutPerson(p)
	})
}

func person(tx Tx, name string) (*Person, error) {
	p, err := tx.Person(name)
	if IsCode(err, CodeNotFound) {
		return nil, E(CodeUnknownPerson, "name", name)
	}
	return p, err
}

// RemovePerson makes a user of the store a stranger. What they run ends, or
// belongs to whoever asks from then on.
func (m *Manager) RemovePerson(ctx context.Context, req Request, name string, takeOver bool, body func(running int) ([]byte, error)) error {
	var changed []string
	audit := AuditEntry{Action: "remove", Detail: name}
	err := m.command(ctx, req, audit, func(tx Tx, now time.Time) ([]*Notice, error) {
		if _, err := person(tx, name); err != nil {
			return nil, err
		}
		theirs, err := tx.Instances(InstanceFilter{Owner: name, Desired: DesiredRunning})
		if err != nil {
			return nil, err
		}
		notices := []*Notice{{Key: req.replyKey(), Kind: KindReply}}
		if notices[0].Body, err = body(len(theirs)); err != nil {
			return nil, err
		}
		for _, i := range theirs {
			changed = append(changed, i.ID)
			if !takeOver {
				err = End(tx, i, ReasonStopped, FaultNone, now)
			} else {
				var more []*Notice
				more, err = m.takeOver(tx, req, i, now)
				notices = append(notices, more...)
			}
			if err != nil {
				return nil, err
			}
		}
		return notices, tx.RemovePerson(name)
	})
	if err == nil {
		m.peopleChanged()
		for _, id := range changed {
			m.o.Reconciler.Notify(id)
		}
	}
	return err
}

// takeOver makes an instance the property of whoever asks, and returns the
// reminders of its end that they get.
func (m *Manager) takeOver(tx Tx, req Request, i *Instance, now time.Time) ([]*Notice, error) {
	free, err := freeName(tx, req.User, i.Name)
	if err != nil {
		return nil, err
	}
	i.Owner, i.Name, i.Origin, i.UpdatedAt = req.User.Name, free, req.Route, now
	if err := tx.SkipNotices(i.ID, KindReminder); err != nil {
		return nil, err
	}
	reminders := slices.Clone(m.reminders(i, now))
	for _, n := range reminders {
		n.Key += "/" + i.Owner // under the old owner's key it was told already
	}
	return reminders, tx.PutInstance(i)
}

// Usage is what somebody has: what of theirs runs or ends, and how many they
// started within the last 24 hours.
func (m *Manager) Usage(ctx context.Context, name string) (own []*Instance, lastDay int, err error) {
	now := m.o.Clock.Now()
	err = m.o.Store.View(ctx, func(tx Tx) error {
		if own, err = tx.Instances(InstanceFilter{Owner: name, NotEnded: true}); err != nil {
			return err
		}
		lastDay, err = tx.CountInstances(InstanceFilter{Owner: name, CreatedAfter: now.Add(-day)})
		return err
	})
	return own, lastDay, err
}

// day is the span that [User.PerDay] counts in.
const day = 24 * time.Hour
