package services

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// Manager carries out commands. A command is one transaction: the desired
// state, an audit entry and the reply; then the reconciler is notified. It
// starts and stops nothing itself.
type Manager struct {
	o ManagerOptions
}

// ManagerOptions are what a [Manager] works with. All but Contents and People
// are required.
type ManagerOptions struct {
	Store      Store
	Catalog    *Catalog
	Policy     Policy
	Clock      Clock
	Log        *slog.Logger
	Keyring    *Keyring
	NewOnion   func() (Onion, error)
	NewHostKey func() (HostKey, error)
	Contents   Contents
	Reconciler Notifier
	Outbox     Outbox
	Health     HealthSource
	People     PeopleListener // hears when the people of the store change; nil for nobody
}

// PeopleListener is told that people of the store, or what is theirs, are
// others than before.
type PeopleListener interface{ Changed() }

// NewManager makes a manager.
func NewManager(o ManagerOptions) *Manager {
	o.Policy = o.Policy.WithDefaults()
	return &Manager{o: o}
}

// Catalog returns everything that can be started.
func (m *Manager) Catalog() []*Definition { return m.o.Catalog.All() }

// Health tells how the machine does.
func (m *Manager) Health(ctx context.Context) Health { return m.o.Health.Health(ctx) }

// Answer stores a reply that changes nothing else, with its audit entry.
func (m *Manager) Answer(ctx context.Context, req Request, body []byte, audit AuditEntry) error {
	return m.command(ctx, req, audit, func(tx Tx, now time.Time) ([]*Notice, error) {
		return []*Notice{{Key: req.replyKey(), Kind: KindReply, Body: body}}, nil
	})
}

// Record marks a message handled that needs no reply, with its audit entry.
func (m *Manager) Record(ctx context.Context, req Request, audit AuditEntry) error {
	return m.command(ctx, req, audit, func(Tx, time.Time) ([]*Notice, error) { return nil, nil })
}

// command runs fn in the one transaction of a command: once per message,
// with its audit entry and its notices.
func (m *Manager) command(ctx context.Context, req Request, audit AuditEntry,
	fn func(tx Tx, now time.Time) ([]*Notice, error),
) error {
	now := m.o.Clock.Now()
	err := m.o.Store.Update(ctx, func(tx Tx) error {
		fresh, err := tx.MarkHandled(req.Network, req.MessageID)
		if err != nil || !fresh {
			return err
		}
		if err := stillMay(tx, req.User); err != nil {
			return err
		}
		for _, id := range req.Also {
			if _, err := tx.MarkHandled(req.Network, id); err != nil {
				return err
			}
		}
		notices, err := fn(tx, now)
		if err != nil {
			return err
		}
		for _, n := range notices {
			if err := addNotice(tx, req, n, now); err != nil {
				return err
			}
		}
		if err := note(tx, req, notices); err != nil {
			return err
		}
		audit.At = now
		audit.Network = req.Network
		if audit.Outcome == "" {
			audit.Outcome = "ok"
		}
		if req.User != nil {
			audit.Owner, audit.Account = req.User.Name, req.Route.Account
		}
		return tx.AddAudit(audit)
	})
	if err == nil {
		m.o.Outbox.Notify()
	}
	return err
}

// note runs what the conversation wants on record together with the command.
func note(tx Tx, req Request, notices []*Notice) error {
	if req.Note == nil {
		return nil
	}
	instance := ""
	if len(notices) > 0 {
		instance = notices[0].Instance
	}
	return req.Note(tx, instance)
}

// addNotice stores a notice with what it does not say itself taken from the request.
func addNotice(tx Tx, req Request, n *Notice, now time.Time) error {
	if n.To == (Route{}) {
		n.To = req.Route
	}
	if n.Owner == "" && req.User != nil {
		n.Owner = req.User.Name
	}
	if n.DueAt.IsZero() {
		n.DueAt = now
	}
	n.State = NoticePending
	if _, err := tx.AddNotice(n); err != nil {
		return fmt.Errorf("add notice %s: %w", n.Kind, err)
	}
	return nil
}
