// Command onionbot-shim is "onionbot shim" and nothing else: PID 1 of a
// container. It is a program of its own because every container starts one and
// keeps it in memory; the daemon with its libraries takes many times as long to
// start. The build puts it into the onionbot binary, which writes it to its
// state directory.
package main

import (
	"fmt"
	"os"

	"onionbot/services/shim"
)

func main() {
	if len(os.Args) < 2 || os.Args[1] != "shim" {
		fmt.Fprintln(os.Stderr, "onionbot-shim is started by the onionbot daemon, inside containers.")
		os.Exit(2)
	}
	os.Exit(shim.Main(os.Args[2:]))
}
