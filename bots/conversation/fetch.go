package conversation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"onionbot/bots"
	"onionbot/services"
)

// Tries and pauses of a file that could not be fetched whole.
const (
	fetchTries   = 4
	fetchFirst   = 2 * time.Second
	fetchLongest = 15 * time.Second
)

type opener func(ctx context.Context) (io.ReadCloser, error)

// patiently fetches a file whole, again if that fails, so that a server's
// weak minute does not cost the command. What the network says about the file
// itself (too large) is final.
func (r *Router) patiently(m *bots.Message, open opener) opener {
	return func(ctx context.Context) (io.ReadCloser, error) {
		for n := 1; ; n++ {
			data, err := fetch(ctx, open)
			if err == nil {
				return io.NopCloser(bytes.NewReader(data)), nil
			}
			var final *services.Error
			if errors.As(err, &final) || ctx.Err() != nil {
				return nil, err
			}
			r.o.Log.Warn("fetch a file", "network", m.Network, "message", m.ID, "try", n, "error", err)
			if n == fetchTries || !pause(ctx, backoff(n, fetchFirst, fetchLongest)) {
				return nil, err
			}
		}
	}
}

// fetch reads a file to its end. Adapters bound what they hand out.
func fetch(ctx context.Context, open opener) ([]byte, error) {
	body, err := open(ctx)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(body)
	if err != nil {
		_ = body.Close() // the error of reading says it all
		return nil, err
	}
	if err := body.Close(); err != nil {
		return nil, fmt.Errorf("fetch: %w", err)
	}
	return data, nil
}
