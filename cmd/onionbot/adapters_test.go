package main

import (
	"context"
	"fmt"
	"net"
	"slices"
	"testing"

	"onionbot/services"
	"onionbot/tor"
)

func TestTheMenuHasWhatHelpListsAndNothingForOperators(t *testing.T) {
	var names []string
	for _, c := range menu() {
		names = append(names, c.Name)
	}
	want := []string{"start", "stop", "list", "status", "more", "add", "clear", "qr", "services", "whoami", "link", "share", "unshare", "key", "keys", "allow", "help"}
	if !slices.Equal(names, want) {
		t.Errorf("the menu has %q, want %q", names, want)
	}
}

func TestANearbyServerIsReachedDirectlyOnlyWhereTorRefuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answer error // of tor
		direct bool
	}{
		"tor goes there":       {nil, false},
		"tor refuses":          {fmt.Errorf("open: %w", tor.SOCKSError(0x01)), true},
		"tor does not run yet": {services.E(services.CodeUnavailable, "what", "tor"), false},
	} {
		direct := false
		dial := dialNearby(
			func(context.Context, string, string) (net.Conn, error) { return nil, tt.answer },
			func(context.Context, string, string) (net.Conn, error) { direct = true; return nil, nil },
		)
		_, err := dial(t.Context(), "tcp", "127.0.0.1:80")
		if direct != tt.direct || (err == nil) != (tt.answer == nil || tt.direct) {
			t.Errorf("%s: direct %v, error %v", name, direct, err)
		}
	}
}
