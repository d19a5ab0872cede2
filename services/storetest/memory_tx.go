package storetest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"onionbot/services"
)

// memoryTx is one transaction of a [Memory].
type memoryTx struct {
	m        *Memory
	ctx      context.Context
	s        *state
	writable bool
}

var _ services.Tx = (*memoryTx)(nil)

func (tx *memoryTx) end() { tx.s = nil }

func (tx *memoryTx) read(op string) error {
	if tx.s == nil {
		return errEnded
	}
	return tx.m.begin(tx.ctx, op)
}

func (tx *memoryTx) write(op string) error {
	if err := tx.read(op); err != nil {
		return err
	}
	if !tx.writable {
		return errReadOnly
	}
	return nil
}

func (tx *memoryTx) Instance(id string) (*services.Instance, error) {
	if err := tx.read("Instance"); err != nil {
		return nil, err
	}
	i, ok := tx.s.instances[id]
	if !ok {
		return nil, services.E(services.CodeNotFound)
	}
	return copyInstance(i), nil
}

func (tx *memoryTx) Instances(f services.InstanceFilter) ([]*services.Instance, error) {
	if err := tx.read("Instances"); err != nil {
		return nil, err
	}
	var out []*services.Instance
	for _, i := range tx.s.instances {
		if selects(f, i) {
			out = append(out, copyInstance(i))
		}
	}
	slices.SortFunc(out, func(a, b *services.Instance) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), strings.Compare(a.ID, b.ID))
	})
	return out, nil
}

func (tx *memoryTx) CountInstances(f services.InstanceFilter) (int, error) {
	if err := tx.read("CountInstances"); err != nil {
		return 0, err
	}
	n := 0
	for _, i := range tx.s.instances {
		if selects(f, i) {
			n++
		}
	}
	return n, nil
}

func selects(f services.InstanceFilter, i *services.Instance) bool {
	return (f.Owner == "" || i.Owner == f.Owner) &&
		(f.Name == "" || i.Name == f.Name) &&
		(f.Service == "" || i.Service == f.Service) &&
		(f.Desired == "" || i.Desired == f.Desired) &&
		(f.State == "" || i.State == f.State) &&
		(!f.NotEnded || !i.Ended()) &&
		(f.CreatedAfter.IsZero() || i.CreatedAt.After(stored(f.CreatedAfter)))
}

func (tx *memoryTx) PutInstance(i *services.Instance) error {
	if err := tx.write("PutInstance"); err != nil {
		return err
	}
	if err := checkInstance(i); err != nil {
		return err
	}
	for _, other := range tx.s.instances {
		if i.Live() && other.Live() && other.ID != i.ID && other.Owner == i.Owner && other.Name == i.Name {
			return services.E(services.CodeConflict)
		}
	}
	tx.s.instances[i.ID] = copyInstance(i)
	return nil
}

// checkInstance refuses what the tables of a real store refuse.
func checkInstance(i *services.Instance) error {
	desired := []services.Desired{services.DesiredRunning, services.DesiredWarm, services.DesiredGone}
	states := []services.State{
		services.StateStarting, services.StatePublishing, services.StateReachable,
		services.StateDown, services.StateStopping, services.StateGone,
	}
	switch {
	case i.ID == "":
		return fmt.Errorf("instance without an ID")
	case !slices.Contains(desired, i.Desired):
		return fmt.Errorf("instance with unknown desired state %q", i.Desired)
	case !slices.Contains(states, i.State):
		return fmt.Errorf("instance with unknown state %q", i.State)
	}
	return nil
}

func (tx *memoryTx) EraseInstance(id string) error {
	if err := tx.write("EraseInstance"); err != nil {
		return err
	}
	i, ok := tx.s.instances[id]
	if !ok {
		return services.E(services.CodeNotFound)
	}
	if !i.Ended() {
		return services.E(services.CodeConflict)
	}
	tx.s.instances[id] = &services.Instance{
		ID: i.ID, Owner: i.Owner, Service: i.Service,
		Desired: services.DesiredGone, State: i.State, Reason: i.Reason,
		CreatedAt: i.CreatedAt, ExpiresAt: i.ExpiresAt, ReadyAt: i.ReadyAt,
		CheckedAt: i.CheckedAt, EndedAt: i.EndedAt, UpdatedAt: i.UpdatedAt,
	}
	tx.s.shares = slices.DeleteFunc(tx.s.shares, func(sh share) bool { return sh.instance == id })
	return nil // finished notices lost theirs when they were finished
}
