// Command shimmain is the shim alone, for tests that need a static binary.
package main

import (
	"os"

	"onionbot/services/shim"
)

func main() {
	if len(os.Args) < 2 || os.Args[1] != "shim" {
		os.Exit(2)
	}
	os.Exit(shim.Main(os.Args[2:]))
}
