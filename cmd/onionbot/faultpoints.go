//go:build faults

package main

import (
	"context"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"onionbot/services"
)

// testedPolicy is the policy with the shortest life that ONIONBOT_MIN_LIFE
// names, so that stories about deadlines need not last a minute.
func testedPolicy(p services.Policy) services.Policy {
	if d, err := time.ParseDuration(os.Getenv("ONIONBOT_MIN_LIFE")); err == nil {
		p.MinLife = d
	}
	return p
}

// crashPoint makes the process kill itself where ONIONBOT_CRASH_AT says:
// "after:run#2" when it passes the point the second time. Points are
// "before:<step>" and "after:<step>" of the reconciler's steps, and
// "before:commit" and "after:commit" of commands and reconciler; those of
// the messages' way are in faultpoints_messages.go. It is nil when the variable
// is not set.
func crashPoint() func(point string) {
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

// withCommitPoints puts points around each commit of commands and reconciler.
func withCommitPoints(s services.Store, pass func(point string)) services.Store {
	if pass == nil {
		return s
	}
	return &pointedStore{Store: s, point: pass, always: "commit"}
}

type pointedStore struct {
	services.Store
	point  func(name string)
	always string // the point of every transaction; "" for none
}

// Update passes "before:…" with everything written and nothing durable.
func (s *pointedStore) Update(ctx context.Context, fn func(services.Tx) error) error {
	var passed []string
	err := s.Store.Update(ctx, func(tx services.Tx) error {
		watched := &pointedTx{Tx: tx}
		if err := fn(watched); err != nil {
			return err
		}
		passed = watched.passed
		if s.always != "" {
			passed = append(passed, s.always)
		}
		s.pass("before:", passed)
		return nil
	})
	if err == nil {
		s.pass("after:", passed)
	}
	return err
}

func (s *pointedStore) pass(side string, points []string) {
	for _, p := range points {
		s.point(side + p)
	}
}
