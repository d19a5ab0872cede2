package reconcile

import (
	"context"

	"onionbot/services"
)

// Health tells how Docker, tor, the disk and the adapters did when they were
// needed last.
func (r *Reconciler) Health(ctx context.Context) services.Health {
	ctx, cancel := context.WithTimeout(ctx, r.o.Policy.ProbeTimeout)
	defer cancel()
	r.recordDocker(r.o.Runtime.Ping(ctx))
	r.recordTor(r.o.Onions.Ping(ctx))
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.health
	h.Clock = r.clockTrouble()
	if r.o.Adapters != nil {
		h.Adapters = r.o.Adapters()
	}
	if r.o.Defences != nil {
		h.Defences = r.o.Defences()
	}
	if r.o.Images != nil {
		h.Images = r.o.Images()
	}
	return h
}

// Alive returns as soon as the loop's state can be looked at: one that is stuck
// keeps it waiting.
func (r *Reconciler) Alive() {
	r.mu.Lock()
	defer r.mu.Unlock()
}

func (r *Reconciler) recordDocker(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if was := r.health.Docker; err != nil && was == "" {
		r.o.Log.Error("container engine", "error", err)
	} else if err == nil && was != "" {
		r.o.Log.Info("container engine answers again")
	}
	r.health.Docker = ""
	if err != nil {
		r.health.Docker = "the container engine does not answer"
	}
}

func (r *Reconciler) recordTor(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if was := r.health.Tor; err != nil && was == "" {
		r.o.Log.Error("tor", "error", err)
	} else if err == nil && was != "" {
		r.o.Log.Info("tor answers again")
	}
	r.health.Tor = ""
	if err != nil {
		r.health.Tor = "tor does not answer"
	}
}

// recordDisk remembers whether the last write went through.
func (r *Reconciler) recordDisk(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.health.Disk = ""
	if services.IsCode(err, services.CodeReadOnlyState) {
		r.health.Disk = "the state directory cannot be written to"
	}
}

// recordCounts counts the rows for the health report.
func (r *Reconciler) recordCounts(rows []*services.Instance) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.health.Live, r.health.Ready = 0, 0
	for _, inst := range rows {
		if !inst.Live() {
			continue
		}
		r.health.Live++
		if inst.State == services.StateReachable {
			r.health.Ready++
		}
	}
}
