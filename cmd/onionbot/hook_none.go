//go:build !faults

package main

import "onionbot/services"

// crashHook is nil: only a binary built for tests, with -tags faults, can be
// told to fall.
func crashHook() func(point string) { return nil }

// crashStore is the store itself.
func crashStore(s services.Store, _ func(point string)) services.Store { return s }

// crashFronts is the store itself.
func crashFronts(s services.Store, _ func(point string)) services.Store { return s }
