package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/docker/docker/api/types/container"

	"onionbot/services/shim"
)

const (
	killPatience  = 1500 * time.Millisecond // for a container that is killed the usual way
	forcePatience = 4 * time.Second         // for what does not need PID 1
	spareMemory   = 64 << 20                // bytes that a container at its limit gets, to end
)

// removeContainer kills and removes the container, if it is ours. It returns
// when it is gone, also when somebody else is removing it.
func (r *Runtime) removeContainer(ctx context.Context, id string) error {
	c, err := r.inspect(ctx, id)
	if err != nil || c == nil {
		return err
	}
	if c.State.Running {
		if err := r.kill(ctx, c); err != nil {
			return err
		}
	}
	return call(ctx, slowCall, func(ctx context.Context) error {
		for {
			err := r.cli.ContainerRemove(ctx, c.ID, container.RemoveOptions{Force: true, RemoveVolumes: true})
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

// kill ends a running container. The engine kills PID 1, and the kernel the
// rest once PID 1 has been scheduled to end. An app may be able to keep it from
// that, if its definition gives it rights over PID 1: then everything else in
// the container is ended first.
func (r *Runtime) kill(ctx context.Context, c *container.InspectResponse) error {
	dead, err := r.killFor(ctx, c.ID, killPatience)
	if dead || err != nil {
		return err
	}
	r.log.Warn("container does not end, ending its processes one and all", "container", c.Name)
	select {
	case r.forcing <- struct{}{}: // few at a time: a machine that is merely busy must not get busier
		defer func() { <-r.forcing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	forced := r.force(ctx, c)
	if dead, err = r.killFor(ctx, c.ID, forcePatience); dead || err != nil {
		return err
	}
	return errors.Join(errors.New("the container does not end"), forced)
}

// killFor kills PID 1 and reports whether the container ended within the time.
func (r *Runtime) killFor(ctx context.Context, id string, limit time.Duration) (dead bool, err error) {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err = r.cli.ContainerKill(limited, id, "KILL")
	switch {
	case err == nil || isNotFound(err) || isConflict(err): // a conflict: it has ended already
		return true, nil
	case ctx.Err() != nil:
		return false, ctx.Err()
	case unreachable(err) && limited.Err() == nil:
		return false, call(ctx, quickCall, func(context.Context) error { return err })
	}
	return false, nil
}

// force gives the container room to end in, and ends everything in it but
// PID 1, by a process of ours inside that needs nothing of PID 1.
func (r *Runtime) force(ctx context.Context, c *container.InspectResponse) error {
	ctx, cancel := context.WithTimeout(ctx, forcePatience)
	defer cancel()
	var room container.Resources
	if c.HostConfig != nil {
		room = c.HostConfig.Resources
	}
	unlimited := int64(-1)
	_, err := r.cli.ContainerUpdate(ctx, c.ID, container.UpdateConfig{Resources: container.Resources{
		PidsLimit: &unlimited,
		NanoCPUs:  max(4*room.NanoCPUs, 2e9),
		Memory:    room.Memory + spareMemory, MemorySwap: room.MemorySwap + spareMemory,
	}})
	return errors.Join(err, r.endInside(ctx, c.ID))
}

// endInside runs the shim's other half in the container and waits for it.
func (r *Runtime) endInside(ctx context.Context, id string) error {
	made, err := r.cli.ContainerExecCreate(ctx, id, container.ExecOptions{
		User: "0:0", Cmd: shim.EndCommand(), AttachStderr: true,
	})
	if err != nil {
		return fmt.Errorf("end inside: %w", err)
	}
	stream, err := r.cli.ContainerExecAttach(ctx, made.ID, container.ExecAttachOptions{})
	if err != nil {
		return fmt.Errorf("end inside: %w", err)
	}
	defer stream.Close()
	stop := context.AfterFunc(ctx, stream.Close)
	defer stop()
	said, _ := io.ReadAll(io.LimitReader(stream.Reader, 1024)) // ends with the process
	if len(said) > 8 {                                         // after a header of 8 bytes
		return fmt.Errorf("end inside: %q", said[8:])
	}
	return nil
}
