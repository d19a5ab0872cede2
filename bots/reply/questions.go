package reply

import (
	"fmt"
	"strings"

	"onionbot/bots"
	"onionbot/services"
)

// AskToStop asks whether all of these shall end.
func (r *Renderer) AskToStop(meant []*services.Instance, u *services.User, letters string) bots.Reply {
	var names []string
	for _, i := range meant {
		name := tame(nameIn(i), quoteLimit)
		if i.Owner != u.Name {
			name += " of " + tame(i.Owner, quoteLimit)
		}
		names = append(names, name)
	}
	what := fmt.Sprintf("That ends %s: %s. The addresses are gone for good then.", plural(len(meant), "service", "services"), strings.Join(names, ", "))
	return bots.Reply{Text: lines(what, answerWith(letters, "do it")), Buttons: [][]bots.Button{{button("Yes, end them", letters)}}}
}

// answerWith says how a question is answered.
func answerWith(letters, what string) string {
	return fmt.Sprintf("Answer %s within 2 minutes to %s; anything else leaves it as it is.", letters, what)
}

// Removal is a question about somebody who is to be removed.
type Removal struct {
	Name    string
	Running []*services.Instance
	Letters []string // the first ends what they run; a second one takes it over
	Keep    bool     // the only one takes it over
}

// AskToRemove asks whether somebody shall be a stranger, and what becomes of
// what they run.
func (r *Renderer) AskToRemove(q Removal) bots.Reply {
	name := tame(q.Name, quoteLimit)
	what := fmt.Sprintf("Then %s is a stranger, with no way back but a new code.", name)
	if len(q.Running) == 0 {
		return bots.Reply{Text: lines(what, answerWith(q.Letters[0], "remove "+name)), Buttons: [][]bots.Button{{button("Yes, remove "+name, q.Letters[0])}}}
	}
	var names []string
	for _, i := range q.Running {
		names = append(names, tame(nameIn(i), quoteLimit))
	}
	running := fmt.Sprintf("%s runs %s: %s.", name, plural(len(q.Running), "service", "services"), strings.Join(names, ", "))
	end, keep := "end what runs", "make it yours"
	if len(q.Letters) == 1 {
		if q.Keep {
			end = keep
		}
		return bots.Reply{Text: lines(what, running, answerWith(q.Letters[0], end)), Buttons: [][]bots.Button{{button("Remove, "+end, q.Letters[0])}}}
	}
	return bots.Reply{
		Text: lines(what, running, fmt.Sprintf("Answer %s within 2 minutes to %s, %s to %s; anything else leaves it as it is.", q.Letters[0], end, q.Letters[1], keep)),
		Buttons: [][]bots.Button{
			{button("Remove, "+end, q.Letters[0])},
			{button("Remove, "+keep, q.Letters[1])},
		},
	}
}
