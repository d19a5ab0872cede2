//go:build embedshim

package main

import _ "embed"

// shimProgram is cmd/onionbot-shim as a static binary, appProgram
// cmd/onionbot-app. The files exist only while scripts/build runs.
//
//go:embed onionbot-shim.bin
var shimProgram []byte //nolint:gochecknoglobals // the way of embed

//go:embed onionbot-app.bin
var appProgram []byte //nolint:gochecknoglobals // the way of embed
