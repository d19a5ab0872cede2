package reply

import (
	"fmt"
	"slices"
	"strings"

	"onionbot/bots"
	"onionbot/services"
)

// shown names what an instance shows of what its owner sent, and what became
// of it on the way in; "" if it shows nothing of the kind.
func (c card) shown() string {
	if c.r.Shown == nil || c.i == nil {
		return ""
	}
	s := c.r.Shown(c.i)
	if s == nil {
		return ""
	}
	out := []string{"It shows " + what(s) + "."}
	for _, r := range s.Remarks {
		out = append(out, remark(r))
	}
	return lines(out...)
}

// what is the content in words: "what you wrote and 3 files (a.jpg, …, 2.4 MB)".
func what(s *services.Shown) string {
	var parts []string
	words := s.Words
	for _, r := range s.Remarks {
		words = words && r.Code != services.RemarkWords
	}
	if words {
		parts = append(parts, "what you wrote")
	}
	switch {
	case s.Files == 1 && len(s.Names) == 1:
		parts = append(parts, fmt.Sprintf("%s (%s)", fileName(s.Names[0]), humanSize(s.Bytes)))
	case s.Files > 0:
		parts = append(parts, fmt.Sprintf("%s (%s, %s)", plural(s.Files, "file", "files"), names(s.Names, s.Files), humanSize(s.Bytes)))
	}
	return strings.Join(parts, " and ")
}

// nameLimit is the most of a file's name, in characters.
const nameLimit = 60

// names are a few of so many names.
func names(some []string, of int) string {
	var out []string
	for _, n := range some {
		out = append(out, fileName(n))
	}
	if of > len(some) {
		out = append(out, "…")
	}
	return strings.Join(out, ", ")
}

// remark says what the owner should know of the way in.
func remark(r services.Remark) string {
	switch r.Code {
	case services.RemarkWords:
		return "Your words are not on it: the page that you sent is shown as it is."
	case services.RemarkBeside:
		return fmt.Sprintf("The page that you sent has no link to %s: add one, or type the name behind the address.", names(r.Names, len(r.Names)))
	case services.RemarkMissing:
		return fmt.Sprintf("Left out: %s.", missing(r.Names))
	}
	return wayIn(r)
}

// missing names what could not be had, each kind once.
func missing(kinds []string) string {
	var out []string
	for _, k := range kinds {
		if k = a(tame(k, nameLimit)); !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return strings.Join(out, ", ")
}

// humanSize is a number of bytes as people say it.
func humanSize(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d bytes", n)
	case n < 1_000_000:
		return fmt.Sprintf("%d kB", (n+500)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1_000_000)
}

// content answers whoever sent content for something that runs.
func (c card) content() bots.Reply {
	if c.i == nil || !c.i.Live() {
		return bots.Reply{Text: fmt.Sprintf("%s has ended in the meantime.", c.name)}
	}
	head := "%s now shows what you sent, and nothing else. The address is the same."
	switch services.Change(c.n.Args["change"]) {
	case services.ChangeFilled:
		head = "%s now shows what you sent. The address is the same."
	case services.ChangeAdded:
		head = "Added: %s shows it with the rest. The address is the same."
	case services.ChangeLate:
		head = "The rest of your album came later: %s shows it with the others. The address is the same."
	case services.ChangeCleared:
		head = "%s shows nothing of yours any more. The address is the same."
	case services.ChangeReplaced:
	}
	reply := c.full(fmt.Sprintf(head, c.name), c.until(), c.untaken())
	if services.Change(c.n.Args["change"]) == services.ChangeCleared {
		return reply
	}
	reply.Buttons = append(reply.Buttons, []bots.Button{{Label: "Empty it", Command: "clear #" + c.i.ID}})
	return reply
}
