package docker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/docker/docker/api/types/container"

	"onionbot/services"
	"onionbot/services/shim"
)

// Target implements [services.Runtime].
func (r *Runtime) Target(id string, p services.Port) string { return r.layout(id).socket(p.Onion) }

// Prepare implements [services.Runtime].
func (r *Runtime) Prepare(_ context.Context, id string) error {
	if !validID.MatchString(id) {
		return fmt.Errorf("docker: %q cannot be the name of a container", id)
	}
	if err := r.layout(id).make(r.opts.Group); err != nil {
		return services.Wrap(services.CodeReadOnlyState, err)
	}
	return nil
}

// SetDeadline implements [services.Runtime]. An instance that never ran is
// [services.CodeNotFound].
func (r *Runtime) SetDeadline(ctx context.Context, id string, deadline time.Time) error {
	release, err := r.lock(ctx, id)
	if err != nil {
		return err
	}
	defer release()
	l := r.layout(id)
	if _, err := os.Lstat(l.control()); errors.Is(err, fs.ErrNotExist) {
		return services.E(services.CodeNotFound)
	}
	return r.writeDeadline(l, deadline)
}

// Arm implements [services.Runtime].
func (r *Runtime) Arm(ctx context.Context, id string) error {
	_, err := askShim(ctx, r.layout(id), shim.Request{Op: shim.OpArm})
	return err
}

// Remove implements [services.Runtime].
func (r *Runtime) Remove(ctx context.Context, id string) error {
	if !validID.MatchString(id) {
		return fmt.Errorf("docker: %q cannot be the name of a container", id)
	}
	release, err := r.lock(ctx, id)
	if err != nil {
		return err
	}
	defer release()
	if err := r.removeContainer(ctx, id); err != nil {
		return fmt.Errorf("remove container: %w", err)
	}
	if err := os.RemoveAll(r.layout(id).dir); err != nil {
		return services.Wrap(services.CodeReadOnlyState, err)
	}
	return nil
}

// removeContainer kills and removes the container, if it is ours. It returns
// when it is gone, also when somebody else is removing it.
func (r *Runtime) removeContainer(ctx context.Context, id string) error {
	if c, err := r.inspect(ctx, id); err != nil || c == nil {
		return err
	}
	return call(ctx, slowCall, func(ctx context.Context) error {
		for {
			err := r.cli.ContainerRemove(ctx, containerName(id), container.RemoveOptions{Force: true, RemoveVolumes: true})
			if err == nil || isNotFound(err) {
				return nil
			}
			if !isConflict(err) {
				return err
			}
			// Its removal is under way.
			select {
			case <-time.After(50 * time.Millisecond):
			case <-ctx.Done():
				return err
			}
		}
	})
}
