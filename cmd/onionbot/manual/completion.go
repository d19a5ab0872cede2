package manual

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// Completion writes the completions for a shell: bash, zsh or fish.
func Completion(w io.Writer, app *kong.Application, shell string) error {
	var b strings.Builder
	switch shell {
	case "bash":
		bash(&b, app)
	case "zsh":
		zsh(&b, app)
	case "fish":
		fish(&b, app)
	default:
		return fmt.Errorf("there are completions for bash, zsh and fish, not for %q", shell)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// words are what may follow a command: its children and its flags.
func words(n *kong.Node) []string {
	var all []string
	for _, child := range n.Children {
		if !child.Hidden && child.Type == kong.CommandNode {
			all = append(all, child.Name)
		}
	}
	for _, f := range flags(n) {
		all = append(all, "--"+f.Name)
	}
	return all
}

// cases are the words by command, as the branches of a shell's case.
func cases(b *strings.Builder, app *kong.Application, indent string) {
	for _, c := range commands(app) {
		fmt.Fprintf(b, "%s%q) words=%q ;;\n", indent, c.words, strings.Join(words(c.node), " "))
	}
	fmt.Fprintf(b, "%s*) words=%q ;;\n", indent, strings.Join(words(app.Node), " "))
}

// depth finds the longest command among the words that stand there already.
const depth = `  command= words=
  for word in "${typed[@]}"; do
    case "$word" in -*) continue ;; esac
    case " $known " in *"|${command:+$command }$word|"*) command="${command:+$command }$word" ;; esac
  done
`

func known(app *kong.Application) string {
	var all strings.Builder
	for _, c := range commands(app) {
		all.WriteString("|" + c.words + "|")
	}
	return all.String()
}

func bash(b *strings.Builder, app *kong.Application) {
	fmt.Fprintf(b, "# bash completion for %[1]s\n_%[1]s() {\n  local command words word known=%[2]q typed=(\"${COMP_WORDS[@]:1:COMP_CWORD-1}\")\n", app.Name, known(app))
	b.WriteString(depth + "  case \"$command\" in\n")
	cases(b, app, "  ")
	b.WriteString("  esac\n  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\")\n}\n")
	fmt.Fprintf(b, "complete -o default -F _%[1]s %[1]s\n", app.Name)
}

func zsh(b *strings.Builder, app *kong.Application) {
	fmt.Fprintf(b, "#compdef %s\nlocal command word options known=%q\nlocal -a typed=(\"${(@)words[2,CURRENT-1]}\")\n", app.Name, known(app))
	b.WriteString(strings.Replace(depth, "words=", "options=", 1) + "  case \"$command\" in\n")
	var branches strings.Builder
	cases(&branches, app, "  ")
	b.WriteString(strings.ReplaceAll(branches.String(), ") words=", ") options="))
	b.WriteString("  esac\n  compadd -- ${=options}\n  [[ $options == *--config* || $options == *--file* ]] && _files\n")
}

func fish(b *strings.Builder, app *kong.Application) {
	name := app.Name
	fmt.Fprintf(b, "# fish completion for %s\n", name)
	for _, c := range commands(app) {
		path := strings.Fields(c.words)
		last := path[len(path)-1]
		before := "__fish_use_subcommand"
		if len(path) > 1 {
			before = "__fish_seen_subcommand_from " + path[len(path)-2]
		}
		fmt.Fprintf(b, "complete -c %s -f -n %q -a %s -d %q\n", name, before, last, c.node.Help)
		for _, f := range flags(c.node) {
			line := fmt.Sprintf("complete -c %s -n \"__fish_seen_subcommand_from %s\" -l %s -d %q", name, last, f.Name, f.Help)
			switch {
			case takesFile(f.Value):
				line += " -r -F"
			case !f.IsBool():
				line += " -x"
			}
			b.WriteString(line + "\n")
		}
	}
}
