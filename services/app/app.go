// Package app is "onionbot app NAME": the services that are programs of
// onionbot's own. A release has them as one small program (cmd/onionbot-app);
// any onionbot binary can be it.
package app

import (
	"fmt"
	"io"
	"os"

	"onionbot/services/app/chat"
	"onionbot/services/app/drop"
	"onionbot/services/app/share"
)

// Main runs the app that the one argument names, and returns its exit code.
func Main(args []string) int { return run(args, os.Stderr) }

// apps are the programs, by the name that a definition's "app" has.
func apps() map[string]func() error {
	return map[string]func() error{
		"chat":  chat.Run,
		"drop":  drop.Run,
		"share": share.Run,
	}
}

func run(args []string, complaints io.Writer) int {
	if len(args) != 1 || apps()[args[0]] == nil {
		fmt.Fprintln(complaints, "onionbot app: this is started by the onionbot daemon inside containers.")
		return 2
	}
	if err := apps()[args[0]](); err != nil {
		fmt.Fprintf(complaints, "onionbot app %s: %v\n", args[0], err)
		return 1
	}
	return 0
}
