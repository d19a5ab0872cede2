package reconcile

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"onionbot/services"
)

// Pauses between two tellings of what an app has counted: what comes in between
// is told as one.
const (
	countPause     = 5 * time.Second
	countLongPause = 5 * time.Minute
)

// lastCount bounds the look at what was counted last: the end must not wait for it.
const lastCount = 3 * time.Second

// applyCount keeps what was counted, so that a new container goes on from it,
// and tells the owner of what an app has counted.
func (r *Reconciler) applyCount(ctx context.Context, j *job) error {
	told, err := r.saveVisits(ctx, j.inst)
	if err != nil || !told {
		return err
	}
	now := r.o.Clock.Now()
	j.remember(func(m *Memo) {
		if m.CountAt.IsZero() || now.Sub(m.CountAt) > 2*countLongPause {
			m.CountPause = countPause
		} else {
			m.CountPause = min(2*m.CountPause, countLongPause)
		}
		m.CountAt = now
		m.wait(StepCount, now.Add(m.CountPause))
	})
	return nil
}

// saveVisits writes down what was counted. It reports whether the owner is
// told, which happens in the same transaction: once, whatever falls in between.
func (r *Reconciler) saveVisits(ctx context.Context, inst *services.Instance) (told bool, err error) {
	c, err := r.inspect(ctx, inst)
	if err != nil || c.Visits <= inst.Visits {
		return false, err
	}
	err = r.change(ctx, inst.ID, func(tx services.Tx, i *services.Instance, now time.Time) error {
		if c.Visits <= i.Visits {
			return nil
		}
		from := i.Visits
		i.Visits, i.UpdatedAt = c.Visits, now
		if err := tx.PutInstance(i); err != nil || !c.ByEvents {
			return err
		}
		told = true
		return r.sayCounted(tx, i, from, now)
	})
	return told, err
}

// sayCounted stores the notice of what an app has counted, in the place of one
// that was not sent yet.
func (r *Reconciler) sayCounted(tx services.Tx, i *services.Instance, from int, now time.Time) error {
	pending, err := tx.PendingNotices(i.ID)
	if err != nil {
		return err
	}
	for _, n := range pending {
		if n.Kind != services.KindCounted || n.Attempts > 0 {
			continue
		}
		if earlier, err := strconv.Atoi(n.Args["from"]); err == nil {
			from = min(from, earlier)
		}
		n.State = services.NoticeSkipped
		if err := tx.PutNotice(n); err != nil {
			return err
		}
	}
	return r.say(tx, i, &services.Notice{
		Key: fmt.Sprintf("counted/%s/%d", i.ID, i.Visits), Kind: services.KindCounted, DueAt: now, Alert: true,
		Args: map[string]string{
			"name": i.Name, "service": i.Service, "counts": r.counts(i),
			"from": strconv.Itoa(from), "to": strconv.Itoa(i.Visits), "of": strconv.Itoa(i.Rules.Visits),
		},
	})
}

// counts is what the instance's app counts, in a word.
func (r *Reconciler) counts(i *services.Instance) string {
	if def, ok := r.o.Catalog.Find(i.Service); ok {
		for _, d := range def.Singles() {
			if d.ByEvents() {
				return d.Counts
			}
		}
	}
	return ""
}

// applyRemove ends and removes the instance's containers. What was counted
// last is in their directories.
func (r *Reconciler) applyRemove(ctx context.Context, inst *services.Instance) error {
	if r.counts(inst) != "" {
		ctx, cancel := context.WithTimeout(ctx, lastCount)
		_, err := r.saveVisits(ctx, inst)
		cancel()
		if err != nil {
			r.o.Log.Warn("the last count is lost", "instance", inst.ID, "error", err)
		}
	}
	return r.bounded(ctx, func(ctx context.Context) error { return r.remove(ctx, inst) })
}

// visitsCount reports whether opening the address would change what the rules
// count.
func visitsCount(rules services.Rules, ownCount bool) bool {
	return rules.Idle > 0 || rules.Visits > 0 && !ownCount
}
