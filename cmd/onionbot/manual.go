package main

import (
	"github.com/alecthomas/kong"

	"onionbot/cmd/onionbot/manual"
)

// manCmd and completionCmd are called when a package is made.
type manCmd struct{}

// Run writes the manual page.
func (manCmd) Run(k *kong.Context, s *streams) error { return manual.Man(s.out, k.Model, version) }

type completionCmd struct {
	Shell string `arg:"" help:"bash, zsh or fish."`
}

// Run writes the completions for a shell.
func (c completionCmd) Run(k *kong.Context, s *streams) error {
	return manual.Completion(s.out, k.Model, c.Shell)
}
