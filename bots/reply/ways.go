package reply

import (
	"fmt"

	"onionbot/bots"
	"onionbot/services"
)

// way is how to open one service of an address.
type way struct {
	service string // its name, if it is not the only one behind the address
	line    string // a link, or a line for a shell
	link    bool
	more    string // lines to read below it
}

// ways are one for each service behind the instance's address.
func ways(d *services.Definition, i *services.Instance) []way {
	if d == nil || len(d.Parts) == 0 {
		if line, link, more := openLine(d, i); line != "" {
			return []way{{line: line, link: link, more: more}}
		}
		return nil
	}
	var out []way
	for _, p := range d.Parts {
		if line, link, more := openLine(p, i); line != "" {
			out = append(out, way{p.Name, line, link, more})
		}
	}
	return out
}

// offer shows the ways in a reply: the first link as a link, other lines to be
// copied. It returns them as text.
func offer(reply *bots.Reply, all []way) string {
	var out []string
	for _, w := range all {
		if w.link && reply.Link == "" {
			reply.Link = w.line
		} else {
			reply.Copy = append(reply.Copy, w.line)
		}
		reply.Copy = append(reply.Copy, linksIn(w.more)...)
		if w.service != "" {
			w.line = w.service + ": " + w.line
		}
		out = append(out, w.line, w.more)
	}
	return lines(out...)
}

// jointSentence is for services that cannot stand behind one address together.
func jointSentence(e *services.Error, arg func(string) string) string {
	apart := fmt.Sprintf("Start them apart: \"start %s\", then \"start %s\".", arg("service"), arg("other"))
	switch e.Code {
	case services.CodeSameService:
		return fmt.Sprintf("%s is there twice, and an address has one of each. Type \"start another %s\" for a second one with an address of its own.",
			quote(e.Args["service"]), arg("service"))
	case services.CodePortClash:
		return fmt.Sprintf("%s and %s both want port %s of the address. %s", quote(e.Args["service"]), quote(e.Args["other"]), arg("port"), apart)
	case services.CodePortsUnknown:
		return fmt.Sprintf("I don't know the ports of %s yet: its image is not there. Start it by itself once, with \"start %s\", or try again in a few minutes.",
			quote(e.Args["service"]), arg("service"))
	case services.CodeContentClash:
		return fmt.Sprintf("%s and %s both take what you send, and an address has one place for it. %s", quote(e.Args["service"]), quote(e.Args["other"]), apart)
	case services.CodeTooManyParts:
		return fmt.Sprintf("That is too much for one address: at most %s services. Start the others apart.", arg("max"))
	case services.CodeJointRules:
		return "Several services behind one address end by time alone, as each counts only its own visitors. Leave out \"once\", \"visits\" and \"idle\", or start them apart."
	}
	return ""
}

// placesSentence says that there is room for less than was asked for.
func placesSentence(arg func(string) string) string {
	return fmt.Sprintf("That takes %s places, one for each service, and %s of your %s are taken. Leave one out, or stop something first: type \"list\" to see it.",
		arg("needs"), arg("have"), arg("max"))
}
