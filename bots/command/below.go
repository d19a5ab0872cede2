package command

// below reads the lines under a command: those at the top that read as
// clauses of a start ("for 2h", "once") are clauses, the rest is the page.
func (g *Grammar) below(cmd *Command, body string) error {
	for cmd.Verb == VerbStart {
		line, rest := bodyOf(body)
		ws := words(Clean(line))
		if !g.clauses(ws) {
			break
		}
		r := &reader{grammar: g, verb: VerbStart, words: ws}
		if err := parseClauses(r, cmd); err != nil {
			return err
		}
		body = rest
	}
	if cmd.Verb == VerbStart || cmd.Verb == VerbAdd {
		cmd.Body = cleanBody(body)
	}
	return nil
}

// clauses reports whether a line is made of clauses and nothing else.
func (g *Grammar) clauses(ws []string) bool {
	if len(ws) == 0 {
		return false
	}
	return parseClauses(&reader{grammar: g, verb: VerbStart, words: ws}, &Command{}) == nil
}

// parseClauses reads everything that is left of a start.
func parseClauses(r *reader, c *Command) error {
	for len(r.words) > 0 {
		if err := parseClause(r, c); err != nil {
			return err
		}
	}
	if c.For > 0 && !c.Until.IsZero() {
		return r.usage("until")
	}
	return nil
}
