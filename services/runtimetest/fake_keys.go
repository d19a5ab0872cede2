package runtimetest

import (
	"context"
	"slices"

	"onionbot/services"
)

// SetKeys implements [services.Runtime].
func (f *Fake) SetKeys(ctx context.Context, id string, keys []string) error {
	return f.do(ctx, "SetKeys", id, func() error {
		b := f.boxes[id]
		if b == nil || b.spec == nil {
			return services.E(services.CodeNotFound)
		}
		spec := *b.spec
		spec.SSHKeys = slices.Clone(keys)
		b.spec = &spec
		return nil
	})
}

// Keys are the public ssh keys of a container.
func (f *Fake) Keys(id string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if b := f.boxes[id]; b != nil && b.spec != nil {
		return slices.Clone(b.spec.SSHKeys)
	}
	return nil
}
