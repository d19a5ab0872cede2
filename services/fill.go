package services

import (
	"context"
	"time"
)

// Change says what became of what an instance shows.
type Change string

// The changes.
const (
	ChangeFilled   Change = "filled"   // it showed nothing that was sent before
	ChangeReplaced Change = "replaced" // other content instead
	ChangeAdded    Change = "added"    // more content beside
	ChangeLate     Change = "late"     // the rest of an album, which came after its answer
	ChangeCleared  Change = "cleared"  // none any more
)

// FillOptions say what an instance is to show from now on.
type FillOptions struct {
	Instance string // its ID
	Base     int    // the revision that the content was made from
	Content  string // directory of staged content that is taken over
	Change   Change // [ChangeAdded], [ChangeLate] or [ChangeCleared]
}

// Fill gives an instance other content; the address stays.
// [CodeConflict] says that it shows something else than Base by now.
func (m *Manager) Fill(ctx context.Context, req Request, opts FillOptions) error {
	var changed string
	action := "add"
	if opts.Change == ChangeCleared {
		action = "clear"
	}
	err := m.command(ctx, req, AuditEntry{Action: action}, func(tx Tx, now time.Time) ([]*Notice, error) {
		inst, err := findByID(tx, req.User, opts.Instance, DeedFill)
		if err != nil {
			return nil, err
		}
		def, ok := m.o.Catalog.Find(inst.Service)
		switch {
		case !inst.Live():
			return nil, E(CodeEnding, "name", inst.Name)
		case !ok || def.Content == "":
			return nil, E(CodeNoContent, "service", inst.Service)
		case inst.Content != opts.Base:
			return nil, E(CodeConflict)
		}
		changed = inst.ID
		notice := contentNotice(req, inst, opts.Change)
		if err := m.adopt(inst, opts.Content); err != nil {
			return nil, err
		}
		inst.UpdatedAt = now
		return []*Notice{notice}, tx.PutInstance(inst)
	})
	if err == nil && changed != "" {
		m.o.Reconciler.Notify(changed)
	}
	return err
}

// contentNotice answers whoever sent content for an instance that still shows
// what it showed before.
func contentNotice(req Request, inst *Instance, change Change) *Notice {
	if inst.Content == 0 && change != ChangeCleared {
		change = ChangeFilled
	}
	return &Notice{
		Key: req.replyKey(), Kind: KindContent, Instance: inst.ID, Alert: true, Args: map[string]string{"change": string(change)},
	}
}

// adopt takes staged content over as the instance's next revision; "" is none.
func (m *Manager) adopt(inst *Instance, staged string) error {
	if staged == "" {
		return nil
	}
	if err := m.o.Contents.Adopt(inst.ID, inst.Content+1, staged); err != nil {
		return Wrap(CodeReadOnlyState, err)
	}
	inst.Content++
	return nil
}
