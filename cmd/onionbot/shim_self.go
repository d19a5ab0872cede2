//go:build !embedshim

package main

// shimProgram is missing: a plain "go build" makes a binary that is its own shim.
var shimProgram []byte //nolint:gochecknoglobals // see shim_embedded.go
