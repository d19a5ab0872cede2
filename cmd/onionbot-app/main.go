// Command onionbot-app is "onionbot app" and nothing else: the services that
// are programs of onionbot's own, one of which a container runs. It is apart
// from the daemon for the same reasons as onionbot-shim, and travels the same
// way.
package main

import (
	"fmt"
	"os"

	"onionbot/services/app"
)

func main() {
	if len(os.Args) < 2 || os.Args[1] != "app" {
		fmt.Fprintln(os.Stderr, "onionbot-app is started by the onionbot daemon, inside containers.")
		os.Exit(2)
	}
	os.Exit(app.Main(os.Args[2:]))
}
