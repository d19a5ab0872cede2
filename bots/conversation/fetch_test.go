package conversation

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"onionbot/bots"
	"onionbot/services"
)

func TestAFileThatFailsIsFetchedAgain(t *testing.T) {
	tooBig := services.E(services.CodeBadContent, "reason", "too-big")
	for name, tt := range map[string]struct {
		failures int
		cause    error
		tries    int
		ok       bool
	}{
		"once":      {1, errors.New("500"), 2, true},
		"for ever":  {100, errors.New("500"), fetchTries, false},
		"too large": {100, tooBig, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var logged bytes.Buffer
				r := &Router{o: RouterOptions{Log: slog.New(slog.NewTextHandler(&logged, nil))}}
				tries := 0
				open := r.patiently(&bots.Message{Network: "test", ID: "7"}, func(context.Context) (io.ReadCloser, error) {
					if tries++; tries <= tt.failures {
						return nil, tt.cause
					}
					return io.NopCloser(strings.NewReader("whole")), nil
				})
				body, err := open(t.Context())
				if (err == nil) != tt.ok || tries != tt.tries {
					t.Fatalf("%v after %d tries", err, tries)
				}
				if tt.ok {
					if data, err := io.ReadAll(body); err != nil || string(data) != "whole" {
						t.Errorf("read %q, %v", data, err)
					}
				}
				if want := errors.Is(tt.cause, tooBig); strings.Contains(logged.String(), "message=7") == want {
					t.Errorf("logged %q", logged.String())
				}
			})
		})
	}
}
