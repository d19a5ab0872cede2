//go:build !embedshim

package main

// shimProgram and appProgram are missing: a plain "go build" makes a binary that
// is its own shim and its own apps.
var shimProgram, appProgram []byte //nolint:gochecknoglobals // see shim_embedded.go
