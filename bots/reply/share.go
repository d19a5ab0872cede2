package reply

import (
	"fmt"

	"onionbot/bots"
	"onionbot/services"
)

// deeds is what somebody may do to what is shared with them.
func deeds(u *services.User) string {
	if u.Role.Allows(services.TieGiven, services.DeedStop) {
		return "look at it, keep it longer and stop it"
	}
	return "look at it and keep it longer"
}

// Shared says who may look after an instance from now on.
func (r *Renderer) Shared(i *services.Instance, with *services.User) bots.Reply {
	name, user := tame(nameIn(i), quoteLimit), tame(with.Name, quoteLimit)
	return bots.Reply{
		Text:    fmt.Sprintf("%s sees %s from now on, and can %s. Type \"unshare %s with %s\" to take that back.", user, name, deeds(with), name, user),
		Buttons: [][]bots.Button{{button("Take it back", "unshare #"+i.ID+" with "+with.Name)}},
	}
}

// Given tells somebody what was shared with them.
func (r *Renderer) Given(i *services.Instance, by, with *services.User) bots.Reply {
	name := tame(nameIn(i), quoteLimit)
	return bots.Reply{
		Text:    fmt.Sprintf("%s shares %s with you. You can %s: type \"status #%s\".", tame(by.Name, quoteLimit), name, deeds(with), i.ID),
		Buttons: [][]bots.Button{{button("Look at "+name, "status #"+i.ID)}},
	}
}

// Unshared says that somebody may not look after an instance any more.
func (r *Renderer) Unshared(i *services.Instance, with string) bots.Reply {
	return bots.Reply{Text: fmt.Sprintf("%s does not see %s any more. The address is the same; whoever knows it can open it.", tame(with, quoteLimit), tame(nameIn(i), quoteLimit))}
}
