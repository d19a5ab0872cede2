package reconcile

import (
	"context"

	"onionbot/services"
)

// completeDefinition asks the image, which is there, for the ports that a
// definition leaves to it: an address is published with them, and looked at.
func (r *Reconciler) completeDefinition(ctx context.Context, def *services.Definition) error {
	if len(def.Ports) > 0 {
		return nil
	}
	full, err := r.o.Runtime.Complete(ctx, def)
	if err != nil {
		return err
	}
	r.o.Catalog.LearnPorts(full)
	return nil
}

// awaitPorts returns when the ports of what the instance runs are known. For a
// definition that names them that is at once.
func (r *Reconciler) awaitPorts(ctx context.Context, j *job) error {
	def, ok := r.o.Catalog.Find(j.inst.Service)
	if !ok || len(def.Ports) > 0 {
		return nil
	}
	return r.ensureImage(ctx, j, def)
}
