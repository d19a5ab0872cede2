//go:build embedshim

package main

import _ "embed"

// shimProgram is cmd/onionbot-shim as a static binary. The file exists only
// while scripts/build runs.
//
//go:embed onionbot-shim.bin
var shimProgram []byte //nolint:gochecknoglobals // the way of embed
