package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"onionbot/bots/console"
	"onionbot/bots/conversation"
	"onionbot/services"
)

const (
	instancesShown = 500
	errorsShown    = 8
	auditLookedAt  = 200 // entries among which errors are looked for
)

var anyAddress = regexp.MustCompile(`[a-z2-7]{56}(\.onion)?`)

// look is how everything does. Onion addresses are part of it only if they
// were asked for.
func (d *daemon) look(ctx context.Context, addresses bool) (console.Overview, error) {
	o := console.Overview{At: d.clock.Now(), Version: version}
	hide := func(s string) string {
		if addresses {
			return s
		}
		return anyAddress.ReplaceAllString(s, "(address)")
	}
	var waiting map[string]int
	err := d.store.View(ctx, func(tx services.Tx) error {
		list, err := tx.Instances(services.InstanceFilter{NotEnded: true})
		if err != nil {
			return err
		}
		entries, err := tx.Audit(auditLookedAt)
		if err != nil {
			return err
		}
		o.Instances, o.Errors = shownServices(list, addresses), shownErrors(entries)
		waiting, err = tx.CountDue(o.At)
		return err
	})
	if err != nil {
		return o, fmt.Errorf("look at the database: %w", err)
	}
	h := d.reconciler.Health(ctx)
	for _, trouble := range []string{h.Docker, h.Tor, h.Disk, h.Clock, h.Images, h.Adapters["configuration"]} {
		if trouble != "" {
			o.Troubles = append(o.Troubles, hide(trouble))
		}
	}
	for _, one := range d.pool.Health(ctx) {
		o.Tors = append(o.Tors, console.OverviewTor{Name: one.Name, Answers: one.Answering, Bootstrap: one.Bootstrap, Onions: one.Onions, Problem: hide(one.Problem)})
	}
	received, sent := d.hub.Received(), d.outbox.Sent()
	for _, a := range d.adapters {
		name := a.Network()
		o.Networks = append(o.Networks, console.OverviewNetwork{
			Name: name, Received: received[name].Events, Waiting: waiting[name], Trouble: hide(h.Adapters[name]),
			Sent: sent[conversation.Sends{Network: name, Result: conversation.SendOK}],
		})
	}
	return o, nil
}

// shownServices are those of users, by their ends; what was published ahead of
// time is nobody's yet.
func shownServices(list []*services.Instance, addresses bool) (out []console.OverviewService) {
	list = slices.DeleteFunc(slices.Clone(list), func(i *services.Instance) bool { return i.Owner == "" })
	slices.SortStableFunc(list, func(a, b *services.Instance) int { return a.ExpiresAt.Compare(b.ExpiresAt) })
	for _, i := range list[:min(len(list), instancesShown)] {
		one := console.OverviewService{
			Name: i.Name, Service: strings.Join(i.Services(), ", "), Owner: i.Owner, State: string(i.State), Until: i.ExpiresAt, Visits: i.Visits,
		}
		if i.Desired == services.DesiredGone {
			one.State = string(services.StateStopping)
		}
		if addresses {
			one.Address = i.Onion.Address
		}
		out = append(out, one)
	}
	return out
}

// shownErrors leaves out the details: they may be what somebody typed.
func shownErrors(entries []services.AuditEntry) (out []console.OverviewError) {
	for _, e := range entries {
		if slices.Contains([]string{"", "ok", "kept"}, e.Outcome) {
			continue
		}
		who := e.Owner
		if who == "" && e.Account != "" {
			who = "stranger"
		}
		out = append(out, console.OverviewError{At: e.At, Network: e.Network, Owner: who, Action: e.Action, Outcome: e.Outcome})
		if len(out) == errorsShown {
			break
		}
	}
	return out
}
