package docker

import (
	"context"
	"errors"
	"net"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/client"

	"onionbot/services"
)

// How long the engine may take for one call. Each call has a context of its
// own; the client has no timeout, it would cut event and build streams.
const (
	quickCall = 10 * time.Second
	slowCall  = 60 * time.Second
)

// call runs one request to the engine within its time and names the failure:
// an engine that does not answer is [services.CodeUnavailable].
func call(ctx context.Context, limit time.Duration, fn func(context.Context) error) error {
	inner, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := fn(inner)
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if inner.Err() != nil || unreachable(err) {
		return services.Wrap(services.CodeUnavailable, err, "what", "docker")
	}
	return err
}

func unreachable(err error) bool {
	var op *net.OpError
	return client.IsErrConnectionFailed(err) || cerrdefs.IsUnavailable(err) || errors.As(err, &op)
}

func isNotFound(err error) bool { return cerrdefs.IsNotFound(err) }

func isConflict(err error) bool { return cerrdefs.IsConflict(err) }
