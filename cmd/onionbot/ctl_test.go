package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

func TestCtlTakesItsFlagsAnywhere(t *testing.T) {
	for _, line := range []string{
		"ctl --socket s --file page.html start site for 2h",
		"ctl start --socket s site --file page.html for 2h",
		"ctl start site for 2h --file page.html --socket s",
		"ctl start site for 2h -f page.html --socket=s",
		"ctl -f page.html --socket=s -- start site for 2h",
	} {
		var c cli
		parser, err := kong.New(&c, kong.Vars{"config": usualConfig()})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse(flagsFirst(strings.Fields(line))); err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if !slices.Equal(c.Ctl.Words, []string{"start", "site", "for", "2h"}) ||
			!strings.HasSuffix(c.Ctl.File, "/page.html") || !strings.HasSuffix(c.Ctl.Socket, "/s") {
			t.Errorf("%s: words %q, file %q, socket %q", line, c.Ctl.Words, c.Ctl.File, c.Ctl.Socket)
		}
	}
}
