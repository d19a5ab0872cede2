package runtimetest

import (
	"bytes"
	"context"
	"errors"
	"io"

	"onionbot/services"
)

// Ask implements [services.Runtime].
func (f *Fake) Ask(ctx context.Context, id, method, path string, most int64) (io.ReadCloser, error) {
	err := f.do(ctx, "Ask", id, func() error {
		b := f.boxes[id]
		if b == nil || b.State != services.ContainerRunning {
			return errors.New("nothing runs")
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case f.Answer == nil:
		return nil, services.E(services.CodeNotFound)
	}
	answer, err := f.Answer(id, method, path)
	if err == nil && int64(len(answer)) > most {
		err = errors.New("too long an answer")
	}
	return io.NopCloser(bytes.NewReader(answer)), err
}
