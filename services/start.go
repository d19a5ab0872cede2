package services

import (
	"context"
	"fmt"
	"maps"
	"time"
)

// Start accepts a start command, or answers again what is already running
// under that name. Refusals are [*Error] and change nothing.
func (m *Manager) Start(ctx context.Context, req Request, opts StartOptions) error {
	now := m.o.Clock.Now()
	def, err := Choose(m.o.Catalog.All(), req.User, opts.Service)
	if err != nil {
		return err
	}
	if opts.Name == "" {
		opts.Name = def.defaultName()
	}
	if !ValidName(opts.Name) {
		return E(CodeBadName, "word", opts.Name)
	}
	if opts.Content != "" && def.Content == "" {
		return E(CodeNoContent, "service", def.Name)
	}
	if def.NeedsSSHKeys && len(req.User.SSHKeys) == 0 {
		return E(CodeNoSSHKeys, "service", def.Name)
	}
	if err := checkJoint(def, opts.Rules); err != nil {
		return err
	}
	if err := checkClients(opts.Clients); err != nil {
		return err
	}
	expires, err := m.deadline(req.User, def, opts, now)
	if err != nil {
		return err
	}
	fresh, err := m.prepare(req, def, opts, now, expires)
	if err != nil {
		return err
	}
	return m.commitStart(ctx, req, def, opts, fresh)
}

// deadline works out when a start would expire.
func (m *Manager) deadline(u *User, def *Definition, opts StartOptions, now time.Time) (time.Time, error) {
	longest := shorter(def.MaxLife, u.MaxLife)
	life := opts.Life
	switch {
	case !opts.Until.IsZero():
		life = opts.Until.Sub(now)
	case life == 0:
		life = shorter(def.DefaultLife, longest)
	}
	if life < m.o.Policy.MinLife {
		return time.Time{}, E(CodeTooShort, "min", m.o.Policy.MinLife.String())
	}
	if longest > 0 && life > longest {
		return time.Time{}, E(CodeTooLong, "max", longest.String())
	}
	return now.Add(life).Truncate(time.Millisecond), nil
}

// prepare makes the instance that will be stored if nothing of that name runs.
func (m *Manager) prepare(req Request, def *Definition, opts StartOptions, now, expires time.Time) (*Instance, error) {
	onion, err := m.o.NewOnion()
	if err != nil {
		return nil, fmt.Errorf("make onion key: %w", err)
	}
	onion.Clients = opts.Clients
	inst := &Instance{
		ID: NewID(), Owner: req.User.Name, Origin: req.Route, Service: def.Name, Name: opts.Name,
		Onion: onion, Rules: opts.Rules, Desired: DesiredRunning, State: StateStarting,
		CreatedAt: now, ExpiresAt: expires, UpdatedAt: now,
	}
	inst.Secrets, _ = def.CompleteSecrets(nil)
	if def.HostKey {
		if inst.HostKey, err = m.o.NewHostKey(); err != nil {
			return nil, fmt.Errorf("make host key: %w", err)
		}
	}
	return inst, nil
}

func (m *Manager) commitStart(ctx context.Context, req Request, def *Definition, opts StartOptions, fresh *Instance) error {
	var inst *Instance
	audit := AuditEntry{Action: "start", Detail: def.Name}
	err := m.command(ctx, req, audit, func(tx Tx, now time.Time) ([]*Notice, error) {
		if opts.NewName {
			free, err := freeName(tx, req.User, opts.Name)
			if err != nil {
				return nil, err
			}
			opts.Name, fresh.Name = free, free
		}
		running, err := sameName(tx, req.User, opts.Name)
		if err != nil {
			return nil, err
		}
		if running != nil {
			inst = running
			return m.again(tx, req, def, opts, running, now)
		}
		if err := m.quota(tx, req.User, len(def.Singles()), now); err != nil {
			return nil, err
		}
		if err := m.memory(tx, def, now); err != nil {
			return nil, err
		}
		if inst, err = m.takeWarm(tx, def, fresh); err != nil {
			return nil, err
		}
		if err := m.adopt(inst, opts.Content); err != nil {
			return nil, err
		}
		if err := m.insert(tx, def, inst); err != nil {
			return nil, err
		}
		first := &Notice{
			Key: req.replyKey(), Kind: KindStarted, Instance: inst.ID, Slot: CardSlot(inst.ID),
			DueAt: now.Add(m.o.Policy.Hold),
		}
		return append([]*Notice{first}, m.reminders(inst, now)...), nil
	})
	if err != nil || inst == nil {
		return err
	}
	m.o.Reconciler.Notify(inst.ID)
	return nil
}

// insert stores a new instance; a key that must not touch the disk stays in memory.
func (m *Manager) insert(tx Tx, def *Definition, inst *Instance) error {
	stored := *inst
	if def.EphemeralKey {
		m.o.Keyring.Put(inst.Onion.Address, inst.Onion.Key)
		stored.Onion.Key = ""
	}
	return tx.PutInstance(&stored)
}

// again answers a start of what already runs: the same address, and new
// content if some came along.
func (m *Manager) again(tx Tx, req Request, def *Definition, opts StartOptions, inst *Instance, now time.Time) ([]*Notice, error) {
	if inst.Service != def.Name {
		return nil, E(CodeNameTaken, "name", inst.Name, "service", inst.Service)
	}
	if len(opts.Clients) > 0 && inst.Onion.Admits() != (Onion{Clients: opts.Clients}).Admits() {
		return nil, E(CodeAdmitsOthers, "name", inst.Name, "private", yes(inst.Onion.Private()))
	}
	if opts.Content == "" {
		// No new slot message and no hold: it is answered with what is known now.
		return []*Notice{{
			Key: req.replyKey(), Kind: KindStarted, Instance: inst.ID, Slot: CardSlot(inst.ID), Alert: true, Args: opts.untaken(),
		}}, nil
	}
	notice := contentNotice(req, inst, ChangeReplaced)
	if err := m.adopt(inst, opts.Content); err != nil {
		return nil, err
	}
	inst.UpdatedAt = now
	maps.Copy(notice.Args, opts.untaken())
	return []*Notice{notice}, tx.PutInstance(inst)
}

// untaken tells a notice that a start was of something that runs already, and
// what it asked for and did not get.
func (o StartOptions) untaken() map[string]string {
	args := map[string]string{"again": "yes"}
	if o.Life > 0 || !o.Until.IsZero() {
		args["untaken-time"] = "yes"
	}
	if o.Rules != (Rules{}) {
		args["untaken-rules"] = "yes"
	}
	return args
}

// takeWarm gives the fresh instance an address that was published ahead of
// time, if there is one. The row keeps its ID and key, and gets an owner.
func (m *Manager) takeWarm(tx Tx, def *Definition, fresh *Instance) (*Instance, error) {
	if def.Warm == 0 || def.EphemeralKey || fresh.Onion.Private() {
		return fresh, nil // what was published ahead of time is open to all
	}
	// Only one whose descriptor is out is worth more than a fresh one.
	warm, err := tx.Instances(InstanceFilter{Service: def.Name, Desired: DesiredWarm, State: StatePublishing})
	if err != nil || len(warm) == 0 {
		return fresh, err
	}
	fresh.ID, fresh.Onion = warm[0].ID, warm[0].Onion
	return fresh, nil
}

// reminders are the notices before expiry, due at their times.
func (m *Manager) reminders(inst *Instance, now time.Time) []*Notice {
	var out []*Notice
	for _, lead := range m.o.Policy.Reminders {
		if inst.ExpiresAt.Sub(now) <= 2*lead {
			continue
		}
		due := inst.ExpiresAt.Add(-lead)
		out = append(out, &Notice{
			Key:  fmt.Sprintf("reminder/%s/%d/%s", inst.ID, inst.ExpiresAt.UnixMilli(), lead),
			Kind: KindReminder, Instance: inst.ID, Alert: true, To: inst.Origin, Owner: inst.Owner,
			Args:  map[string]string{"left": lead.String()},
			DueAt: due, StaleAt: due.Add(lead / 2),
		})
	}
	return out
}

// sameName finds the owner's live instance of that name; nil if none.
func sameName(tx Tx, u *User, name string) (*Instance, error) {
	found, err := tx.Instances(InstanceFilter{Owner: u.Name, Name: name, Desired: DesiredRunning})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// freeName is the name, or the first of name2, name3, … that nothing of the
// owner's has.
func freeName(tx Tx, u *User, name string) (string, error) {
	for n := 1; ; n++ {
		free := name
		if n > 1 {
			free = fmt.Sprint(name, n)
		}
		found, err := tx.CountInstances(InstanceFilter{Owner: u.Name, Name: free, NotEnded: true})
		if err != nil || found == 0 {
			return free, err
		}
	}
}

// maxName is the longest name, in bytes.
const maxName = 32

// ValidName bounds what an instance or a user may be called: it is typed on phones
// and read in replies.
func ValidName(s string) bool {
	if len(s) == 0 || len(s) > maxName || s == "all" || s[0] == '-' {
		return false
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return false
		}
	}
	return true
}

// shorter is the lesser of two limits, where 0 means no limit.
func shorter(a, b time.Duration) time.Duration {
	if a == 0 || (b != 0 && b < a) {
		return b
	}
	return a
}
