package services

import (
	"slices"
	"time"
)

// End makes a row say that nothing of it should be left. What was still to be
// said about its life is not said any more. An instance that is ending
// already keeps its first reason. It runs inside the transaction that decides
// the end; both a command and the reconciler may decide it.
func End(tx Tx, inst *Instance, reason Reason, fault Fault, now time.Time) error {
	if inst.Desired == DesiredGone {
		return nil
	}
	pending, err := tx.PendingNotices(inst.ID)
	if err != nil {
		return err
	}
	for _, n := range pending {
		if slices.Contains([]Kind{KindReply, KindExtended, KindAdmitted, KindContent, KindCounted}, n.Kind) {
			continue
		}
		n.State = NoticeSkipped
		if err := tx.PutNotice(n); err != nil {
			return err
		}
	}
	inst.Desired, inst.State = DesiredGone, StateStopping
	inst.Reason, inst.Fault, inst.UpdatedAt = reason, fault, now
	return tx.PutInstance(inst)
}

// EndArgs is what a notice about an end must carry itself, because the row may be erased
// before it is sent.
func EndArgs(inst *Instance) map[string]string {
	return map[string]string{"name": inst.Name, "service": inst.Service, "reason": string(inst.Reason)}
}
