package command

import (
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"onionbot/services"
)

// Grammar understands lines. It is made for one message: it knows the time
// and what its sender may start.
type Grammar struct {
	Services []*services.Definition // the whole catalogue
	User     *services.User
	Users    []string  // names of everybody; for operators only
	Now      time.Time // its location is the one that "until 18:00" means
}

// Parse reads a message. Errors are [*services.Error].
func (g *Grammar) Parse(text string) (Command, error) {
	if len(text) > 16*maxBody {
		return Command{}, services.E(services.CodeTextTooLong, "max", "1000")
	}
	if c, ok := key(text); ok {
		return c, nil
	}
	line, body := bodyOf(text)
	line, _ = firstLine(Clean(line))
	if utf8.RuneCountInString(line) > maxLine {
		return Command{}, services.E(services.CodeTextTooLong, "max", "1000")
	}
	if utf8.RuneCountInString(body) > maxBody {
		return Command{}, services.E(services.CodeTextTooLong, "max", "20000")
	}
	cmd, err := g.readLine(line)
	if err != nil {
		return Command{}, err
	}
	if err := g.below(&cmd, body); err != nil {
		return Command{}, err
	}
	return cmd, nil
}

func (g *Grammar) readLine(line string) (Command, error) {
	slash := strings.HasPrefix(line, "/")
	ws := words(strings.TrimLeft(line, "/ "))
	switch {
	case len(ws) == 0 && pleased(line):
		return Command{Verb: VerbThanks}, nil
	case len(ws) == 0:
		return Command{}, services.E(services.CodeEmpty)
	case slash:
		ws[0], _, _ = strings.Cut(ws[0], "@") // "/start@name_of_the_bot"
		if first, rest, cut := strings.Cut(ws[0], "_"); cut && rest != "" && !g.opens(ws[0]) && g.opens(first) {
			ws = append([]string{first, rest}, ws[1:]...) // "/start_site"
		}
	}
	cmd, err := g.line(g.phrase(ws), slash)
	if said := (*services.Error)(nil); errors.As(err, &said) && said.Args["word"] == "and" && !strings.Contains(strings.ToLower(line), "and") {
		said.Args["word"] = "&" // as it was typed
	}
	if services.IsCode(err, services.CodeUnknownCommand) && pleased(line) && !slash {
		return Command{Verb: VerbThanks}, nil // "thanks for the link"
	}
	return cmd, err
}

// line finds the command that the first word names and lets it read the rest.
func (g *Grammar) line(ws []string, slash bool) (Command, error) {
	if slash && len(ws) == 1 && ws[0] == string(VerbStart) {
		return Command{Verb: VerbGreet}, nil
	}
	if c, ok := g.removes(ws); ok {
		return c, nil
	}
	if len(ws) == 3 && (ws[0] == "remove" || ws[0] == "delete") && ws[1] == string(VerbKey) {
		ws = []string{ws[1], ws[0], ws[2]}
	}
	if c, ok, err := g.shares(ws); ok {
		return c, err
	}
	if links(ws) {
		return Command{Verb: VerbLink}, nil
	}
	for _, e := range g.visible() {
		if e.Name == VerbRemove || e.Name == VerbLink || e.Name == VerbShare { // said above; these words have another meaning, too
			continue
		}
		if e.Name != Verb(ws[0]) && !slices.Contains(e.Aliases, ws[0]) {
			continue
		}
		r := &reader{grammar: g, verb: e.Name, words: ws[1:]}
		cmd := Command{Verb: e.Name}
		if err := e.parse(r, &cmd); err != nil {
			return Command{}, err
		}
		return cmd, r.end()
	}
	if g.permits(g.spread(ws)[0]) {
		return g.line(append([]string{string(VerbStart)}, ws...), false)
	}
	return Command{}, services.E(services.CodeUnknownCommand, "word", ws[0], "suggestion", services.Suggest(ws[0], g.known()))
}

// visible are the commands that the sender may give.
func (g *Grammar) visible() []Entry { return Table(g.User) }

// known are the words that a line may begin with.
func (g *Grammar) known() []string {
	var out []string
	for _, e := range g.visible() {
		if !e.hidden {
			out = append(out, string(e.Name))
		}
	}
	for _, d := range services.Permitted(g.Services, g.User) {
		out = append(out, d.Name)
	}
	return out
}

// reader walks over the words after the verb.
type reader struct {
	grammar *Grammar
	verb    Verb
	words   []string
}

func (r *reader) peek() string {
	if len(r.words) == 0 {
		return ""
	}
	return r.words[0]
}

func (r *reader) next() string {
	w := r.peek()
	if w != "" {
		r.words = r.words[1:]
	}
	return w
}

// target reads a name; a word that stands for what is running is none.
func (r *reader) target() string {
	if w := r.next(); !meansIt(w) {
		return w
	}
	return ""
}

// skip passes over words that only make a sentence of it, unless one of them
// is the last word: then it is a name.
func (r *reader) skip(fillers ...string) {
	for len(r.words) > 1 && slices.Contains(fillers, r.words[0]) {
		r.words = r.words[1:]
	}
}

func (r *reader) duration() (time.Duration, error) {
	if len(r.words) == 0 {
		return 0, r.usage("")
	}
	d, used, err := duration(r.words)
	r.words = r.words[used:]
	return d, err
}

func (r *reader) usage(word string) error {
	return services.E(services.CodeUsage, "command", string(r.verb), "word", word)
}

// end sees to it that nothing was left over: half a command is not executed.
func (r *reader) end() error {
	if len(r.words) > 0 {
		return r.usage(r.words[0])
	}
	return nil
}
