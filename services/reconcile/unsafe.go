package reconcile

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"onionbot/services"
)

// unsafeAgain is how long operators are not told the same once more, however
// many starts are refused for it.
const unsafeAgain = time.Hour

// unsafeWord is what operators were told last of what is not safe.
type unsafeWord struct {
	mu   sync.Mutex
	said string
	at   time.Time
}

// isNews reports whether operators are to be told.
func (w *unsafeWord) isNews(reached string, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.said == reached && now.Sub(w.at) < unsafeAgain {
		return false
	}
	w.said, w.at = reached, now
	return true
}

// refuse gives up an instance whose app would have reached what it must not.
// It is not tried again: what is wrong is wrong with the machine, and each try
// is a chance for it not to be noticed.
func (r *Reconciler) refuse(ctx context.Context, j *job, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	reached := ""
	var e *services.Error
	if errors.As(err, &e) {
		reached = e.Args["reached"]
	}
	r.o.Log.Error("not started, it would not be safe: the app could reach what it must not", "instance", j.inst.ID,
		"service", j.inst.Service, "reached", reached)
	j.remember(func(m *Memo) { m.Unsafe = true })
	return errors.Join(err, r.change(ctx, j.inst.ID, func(tx services.Tx, i *services.Instance, now time.Time) error {
		entry := services.AuditEntry{At: now, Owner: i.Owner, Action: "self-test", Instance: i.ID, Outcome: string(services.CodeUnsafe), Detail: reached}
		if err := tx.AddAudit(entry); err != nil || r.o.Operators == nil || !r.unsafe.isNews(reached, now) {
			return err
		}
		for n, to := range r.o.Operators() {
			_, err := tx.AddNotice(&services.Notice{
				Key: fmt.Sprintf("unsafe/%s/%d/%d", i.ID, now.UnixMilli(), n), Kind: services.KindUnsafe, To: to, State: services.NoticePending,
				DueAt: now, Alert: true, Args: map[string]string{"service": i.Service, "instance": i.ID, "reached": reached},
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
}
