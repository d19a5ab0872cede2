//go:build !faults

package main

import "onionbot/services"

// crashPoint is nil: only a binary built for tests, with -tags faults, can be
// told to fall.
func crashPoint() func(point string) { return nil }

// withCommitPoints is the store itself.
func withCommitPoints(s services.Store, _ func(point string)) services.Store { return s }

// withMessagePoints is the store itself.
func withMessagePoints(s services.Store, _ func(point string)) services.Store { return s }

// testedPolicy is the policy itself.
func testedPolicy(p services.Policy) services.Policy { return p }
