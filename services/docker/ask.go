package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"onionbot/services"
)

// askHeader bounds the headers of an app's answer, in bytes, and askPatience
// the wait for them.
const (
	askHeader   = 16 << 10
	askPatience = 10 * time.Second
)

// Ask implements [services.Runtime].
func (r *Runtime) Ask(ctx context.Context, id, method, path string, most int64) (io.ReadCloser, error) {
	if !validID.MatchString(id) {
		return nil, fmt.Errorf("docker: %q cannot be the name of a container", id)
	}
	socket := r.layout(id).inward()
	t := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", socket)
		},
		DisableKeepAlives: true, DisableCompression: true,
		ResponseHeaderTimeout: askPatience, MaxResponseHeaderBytes: askHeader,
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://app"+path, nil)
	if err != nil {
		return nil, err
	}
	res, err := t.RoundTrip(req) // not a client: an app leads nobody anywhere else
	if err != nil {
		return nil, fmt.Errorf("ask an app: %w", err)
	}
	switch {
	case res.StatusCode == http.StatusNotFound:
		err = services.E(services.CodeNotFound)
	case res.StatusCode/100 != 2:
		err = fmt.Errorf("ask an app: it answers %d", res.StatusCode)
	case res.ContentLength > most:
		err = errTooMuch
	}
	if err != nil {
		_ = res.Body.Close()
		return nil, err
	}
	return &bounded{res.Body, most}, nil
}

var errTooMuch = errors.New("ask an app: its answer is too long")

// bounded is a body that ends with an error where it gets too long.
type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left+1)])
	if b.left -= int64(n); b.left < 0 {
		return 0, errTooMuch
	}
	return n, err
}
