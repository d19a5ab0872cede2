// Package manual writes what a shell and man(1) want to know of a command line,
// from the same model as --help: a manual page and completions for bash, zsh
// and fish.
package manual

import (
	"strings"

	"github.com/alecthomas/kong"
)

// command is one that a person may type, with its words: "mastodon login".
type command struct {
	words string
	node  *kong.Node
}

// commands are all that are not hidden, parents before their children.
func commands(app *kong.Application) []command {
	var all []command
	var walk func(n *kong.Node, words string)
	walk = func(n *kong.Node, words string) {
		for _, child := range n.Children {
			if child.Hidden || child.Type != kong.CommandNode {
				continue
			}
			name := strings.TrimSpace(words + " " + child.Name)
			all = append(all, command{name, child})
			walk(child, name)
		}
	}
	walk(app.Node, "")
	return all
}

// flags are those of a node that a person may type.
func flags(n *kong.Node) []*kong.Flag {
	var shown []*kong.Flag
	for _, f := range n.Flags {
		if !f.Hidden {
			shown = append(shown, f)
		}
	}
	return shown
}

// takesFile reports whether a flag or argument is the name of a file.
func takesFile(v *kong.Value) bool {
	switch v.Tag.Type {
	case "path", "existingfile", "existingdir":
		return true
	}
	return false
}
