package reconcile

import (
	"context"
	"slices"

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
	if !ok {
		return nil
	}
	for _, part := range def.Singles() {
		if !part.LacksPorts() {
			continue
		}
		if err := r.ensureImage(ctx, j, part); err != nil {
			return err
		}
	}
	return nil
}

// ported is the definition of what an instance runs with all its ports; nil if
// it has left the catalogue, or an image does not say them.
func (r *Reconciler) ported(ctx context.Context, inst *services.Instance) *services.Definition {
	def, ok := r.o.Catalog.Find(inst.Service)
	if !ok {
		return nil
	}
	for _, part := range def.Singles() {
		if r.completeDefinition(ctx, part) != nil {
			return nil
		}
	}
	if def, ok = r.o.Catalog.Find(inst.Service); !ok || slices.ContainsFunc(def.Singles(), (*services.Definition).LacksPorts) {
		return nil
	}
	return def
}
