//go:build faults

package main

import (
	"context"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"

	"onionbot/services"
)

// crashHook makes the process kill itself where ONIONBOT_CRASH_AT says:
// "after:run#2" when it passes the point the second time. Points are
// "before:<step>" and "after:<step>" of the reconciler's steps, and
// "before:commit" and "after:commit" of the store's transactions. It is nil
// when the variable is not set.
func crashHook() func(point string) {
	at, nth, _ := strings.Cut(os.Getenv("ONIONBOT_CRASH_AT"), "#")
	if at == "" {
		return nil
	}
	n, err := strconv.ParseInt(nth, 10, 64)
	if err != nil || n < 1 {
		n = 1
	}
	var passed atomic.Int64
	return func(point string) {
		if point == at && passed.Add(1) == n {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // nothing after the point happens, however late the signal
		}
	}
}

// crashStore puts points around each commit.
func crashStore(s services.Store, hook func(point string)) services.Store {
	if hook == nil {
		return s
	}
	return &hookedStore{Store: s, hook: hook}
}

type hookedStore struct {
	services.Store
	hook func(point string)
}

// Update passes "before:commit" with everything written and nothing durable.
func (s *hookedStore) Update(ctx context.Context, fn func(services.Tx) error) error {
	err := s.Store.Update(ctx, func(tx services.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		s.hook("before:commit")
		return nil
	})
	if err == nil {
		s.hook("after:commit")
	}
	return err
}
