package manual

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// Man writes the manual page in man(7), section 1.
func Man(w io.Writer, app *kong.Application, version string) error {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %s 1 \"\" %s \"User commands\"\n", strings.ToUpper(app.Name), quote(app.Name+" "+version))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", app.Name, lowerFirst(escape(strings.TrimSuffix(app.Help, "."))))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n.I command\n[flags]\n", app.Name)
	b.WriteString(".SH COMMANDS\n")
	for _, c := range commands(app) {
		if len(c.node.Children) > 0 {
			continue
		}
		manCommand(&b, app.Name, c)
	}
	fmt.Fprintf(&b, ".SH FILES\n.TP\n.I config.toml\nThe configuration, in the current directory, else in /etc/%[1]s. "+
		"Every setting stands in /usr/share/doc/%[1]s/config.example.toml.\n", app.Name)
	b.WriteString(".SH EXIT STATUS\n0 when all is well, 2 for a wrong command line, 1 for everything else.\n")
	b.WriteString(".SH SEE ALSO\n.BR tor (1),\n.BR dockerd (8),\n.BR torsocks (1)\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func manCommand(b *strings.Builder, name string, c command) {
	fmt.Fprintf(b, ".SS %s\n", quote(name+" "+c.words+arguments(c.node)))
	fmt.Fprintf(b, "%s\n", escape(c.node.Help))
	if c.node.Detail != "" {
		fmt.Fprintf(b, ".PP\n%s\n", escape(c.node.Detail))
	}
	for _, p := range c.node.Positional {
		if p.Help != "" {
			fmt.Fprintf(b, ".TP\n.I %s\n%s\n", escape(p.Name), escape(p.Help))
		}
	}
	for _, f := range flags(c.node) {
		fmt.Fprintf(b, ".TP\n.B %s\n%s\n", escape(f.String()), escape(f.Help))
	}
}

// arguments are the words that follow a command: " <file>", " [<words> ...]".
func arguments(n *kong.Node) string {
	var words strings.Builder
	for _, p := range n.Positional {
		words.WriteString(" " + p.Summary())
	}
	return words.String()
}

// escape keeps roff from taking text for requests: a backslash, a hyphen that
// must stay one when it is copied, a line that begins with a dot or a quote.
func escape(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}

func quote(text string) string { return `"` + strings.ReplaceAll(escape(text), `"`, `\(dq`) + `"` }

func lowerFirst(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToLower(text[:1]) + text[1:]
}
