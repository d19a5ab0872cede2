package reply

import (
	"fmt"
	"strings"
	"time"

	"onionbot/bots"
	"onionbot/services"
)

// Unsupported answers what nothing can be done with: what it is, and what to
// send instead.
func (r *Renderer) Unsupported(what string) bots.Reply {
	return bots.Reply{Text: instead(what), Error: true}
}

func instead(what string) string {
	switch what {
	case bots.Forwarded:
		return "I don't read forwarded messages: they are somebody else's. Save the file or copy the text, and send it to me yourself."
	case bots.Foreign:
		return "I don't read what another bot wrote. Type it to me yourself."
	case bots.Edited:
		return "An edited message is not read again: send it anew."
	case bots.Video, bots.Moving, bots.Sound:
		return fmt.Sprintf("I can't take %s like this. Send it as a file, up to 20 MB, with \"start site\" as its text.", a(what))
	case bots.Voice:
		return "I can't listen to a voice message. Type what you want, or \"help\" to see what you can say."
	case bots.Sticker:
		return "I can't do anything with a sticker. To show a picture, send it as a photo or a file with \"start site\" as its text."
	case bots.TooLarge:
		return "Files of up to 20 MB reach me, that one is larger. Send a smaller one, or a zip archive in parts."
	case bots.Unfetched:
		return "I could not get that file: your server does not hand it on. Send it as a picture, or write the page as text below \"start site\"."
	}
	return fmt.Sprintf("I can't do anything with %s. Type \"help\" to see what you can say.", a(tame(what, 20)))
}

// a puts the article in front.
func a(what string) string {
	if what != "" && strings.ContainsRune("aeio", rune(what[0])) {
		return "an " + what
	}
	return "a " + what
}

// Captionless answers a file that came without a word, where it cannot wait
// for one.
func (r *Renderer) Captionless() bots.Reply {
	return bots.Reply{Text: `What should I do with the file? Send it again with "start site" as its text.`, Error: true}
}

// NothingToAdd answers "add" by itself.
func (r *Renderer) NothingToAdd() bots.Reply {
	return bots.Reply{Text: `There is nothing to add. Send a file with "add" as its text, or write the words on the lines below "add".`, Error: true}
}

// WhatWithFiles asks what to do with n files that came without a word in the
// message id and are kept for a while; d takes them, so do the instances.
func (r *Renderer) WhatWithFiles(n int, id string, kept time.Duration, takers []*services.Definition, running []*services.Instance) bots.Reply {
	d := takers[0]
	it, them := "the file", "it"
	if n > 1 {
		it, them = fmt.Sprintf("the %d files", n), "them"
	}
	with := " with #" + id
	say := fmt.Sprintf("Type \"start %s\" to show %s", d.Name, them)
	free := true
	var buttons [][]bots.Button
	for _, i := range running {
		if i.Name == d.Name {
			free = false
		}
		if len(buttons) < 2 {
			start := "start " + i.Service
			if i.Name != i.Service {
				start += " as " + i.Name
			}
			buttons = append(buttons, []bots.Button{{Label: "Add to " + i.Name, Command: "add #" + i.ID + with}, {Label: "Replace " + i.Name, Command: start + with}})
		}
	}
	for _, other := range takers[1:] {
		if other.Verbatim && len(buttons) < 3 {
			buttons = append(buttons, []bots.Button{{Label: "Hand out for download", Command: "start " + other.Name + with}})
		}
	}
	switch {
	case free:
		buttons = append([][]bots.Button{{{Label: "Show " + them, Command: "start " + d.Name + with}}}, buttons...)
	default:
		say += " there instead of what it shows now"
	}
	if len(running) > 0 {
		say += fmt.Sprintf(", or \"add %s\" to show %s as well", tame(running[0].Name, quoteLimit), them)
	}
	return bots.Reply{
		Text:    fmt.Sprintf("What should I do with %s? %s. I keep %s for %s.", it, say, them, humanSpan(kept)),
		Buttons: buttons, Error: true,
	}
}
