package services

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Allow lets people in to a private onion, or gives those who may come already
// the keys that they have now. It is published anew with the rest; its address
// stays.
func (m *Manager) Allow(ctx context.Context, req Request, target string, clients []Client) error {
	change := func(inst *Instance) (map[string]string, error) {
		for _, c := range clients {
			inst.Onion.Clients = without(inst.Onion.Clients, c.Person)
		}
		inst.Onion.Clients = append(inst.Onion.Clients, clients...)
		return map[string]string{"allowed": strings.Join(Onion{Clients: clients}.People(), ",")}, checkClients(inst.Onion.Clients)
	}
	return m.readmit(ctx, req, target, "allow", change)
}

// Revoke shuts people out of a private onion, and ends their visits.
func (m *Manager) Revoke(ctx context.Context, req Request, target string, people []string) error {
	change := func(inst *Instance) (map[string]string, error) {
		for _, name := range people {
			rest := without(inst.Onion.Clients, name)
			switch {
			case len(rest) == len(inst.Onion.Clients):
				return nil, E(CodeNotAllowedIn, "name", inst.Name, "person", name)
			case len(rest) == 0:
				return nil, E(CodeLastClient, "name", inst.Name, "person", name)
			}
			inst.Onion.Clients = rest
		}
		return map[string]string{"revoked": strings.Join(people, ",")}, nil
	}
	return m.readmit(ctx, req, target, "revoke", change)
}

// readmit changes who may open a private onion.
func (m *Manager) readmit(ctx context.Context, req Request, target, action string, change func(*Instance) (map[string]string, error)) error {
	var changed string
	err := m.command(ctx, req, AuditEntry{Action: action}, func(tx Tx, now time.Time) ([]*Notice, error) {
		inst, err := find(tx, req.User, target, DeedShare)
		switch {
		case err != nil:
			return nil, err
		case !inst.Live() || !inst.ExpiresAt.After(now):
			return nil, E(CodeEnding, "name", inst.Name)
		case !inst.Onion.Private():
			return nil, E(CodeNotPrivate, "name", inst.Name)
		}
		args, err := change(inst)
		if err != nil {
			return nil, err
		}
		inst.UpdatedAt, changed = now, inst.ID
		reply := &Notice{Key: req.replyKey(), Kind: KindAdmitted, Instance: inst.ID, Alert: true, Args: args}
		return []*Notice{reply}, tx.PutInstance(inst)
	})
	if err == nil && changed != "" {
		m.o.Reconciler.Notify(changed)
	}
	return err
}

// without is the clients that are not this person's.
func without(all []Client, person string) []Client {
	return slices.DeleteFunc(slices.Clone(all), func(c Client) bool { return c.Person == person })
}

// checkClients refuses more than an onion may have.
func checkClients(all []Client) error {
	if len(all) > MaxClients {
		return E(CodeTooManyKeys, "max", fmt.Sprint(MaxClients))
	}
	return nil
}

// yes is an argument that is there if something is so.
func yes(so bool) string {
	if so {
		return "yes"
	}
	return ""
}
