package reply

import (
	"fmt"
	"strings"
	"time"

	"onionbot/bots"
	"onionbot/services"
)

// Profile is a user as they and operators see them.
type Profile struct {
	User     *services.User
	Accounts []string // networks that they write from, one for each account
	Blocked  bool
	Running  []*services.Instance
	LastDay  int // starts within the last 24 hours
}

// Whoami tells somebody who they are.
func (r *Renderer) Whoami(p Profile) bots.Reply {
	out := []string{fmt.Sprintf("You are %s, %s. You may start %s.", tame(p.User.Name, quoteLimit), roleWord(p.User.Role), rights(p.User))}
	return bots.Reply{Text: lines(append(out, p.usage(), p.from(), keysLine(p.User), `Type "link" to be yourself on another network or phone, too.`)...)}
}

func roleWord(role services.Role) string {
	switch role {
	case services.RoleOperator:
		return "an operator"
	case services.RoleGuest:
		return "a guest"
	case services.RoleMember:
	}
	return "a member"
}

// usage is what somebody has of what they may have.
func (p Profile) usage() string {
	s := fmt.Sprintf("%d of %d running", len(p.Running), p.User.MaxInstances)
	if p.User.PerDay > 0 {
		s += fmt.Sprintf(", %d of %d started within a day", p.LastDay, p.User.PerDay)
	}
	return s + "."
}

func (p Profile) from() string {
	if len(p.Accounts) == 0 {
		return ""
	}
	return "Accounts: " + strings.Join(p.Accounts, ", ") + "."
}

func keysLine(u *services.User) string {
	if len(u.SSHKeys) == 0 {
		return ""
	}
	return plural(len(u.SSHKeys), "ssh key", "ssh keys") + "."
}

// Users lists everybody for operators.
func (r *Renderer) Users(all []Profile, waiting int) bots.Reply {
	var out []string
	for _, p := range all {
		line := fmt.Sprintf("%s: %s, %d running", tame(p.User.Name, quoteLimit), roleWord(p.User.Role), len(p.Running))
		if p.Blocked {
			line += ", blocked"
		}
		out = append(out, line)
	}
	if waiting > 0 {
		out = append(out, plural(waiting, "code waits", "codes wait")+` to be used: type "invites".`)
	}
	return bots.Reply{Text: lines(append(out, `Type "user <name>" for more, "invite <name>" to let somebody in.`)...)}
}

// UserCard shows somebody to an operator.
func (r *Renderer) UserCard(p Profile, now time.Time) bots.Reply {
	name := tame(p.User.Name, quoteLimit)
	out := []string{fmt.Sprintf("%s is %s. May start %s.", name, roleWord(p.User.Role), rights(p.User)), p.usage(), p.from(), keysLine(p.User)}
	for _, i := range p.Running {
		out = append(out, fmt.Sprintf("%s (#%s): %s, until %s", tame(nameIn(i), quoteLimit), i.ID, stateWord(i), humanTime(i.ExpiresAt, now)))
	}
	reply := bots.Reply{}
	switch {
	case !p.User.Stored:
		out = append(out, "Stands in the configuration, which only its file changes.")
	case p.Blocked:
		out = append(out, fmt.Sprintf("Blocked: gets no answer. Type \"unblock %s\" to let them in again.", name))
		reply.Buttons = [][]bots.Button{{button("Unblock", "unblock "+p.User.Name), button("Remove", "remove user "+p.User.Name)}}
	default:
		out = append(out, fmt.Sprintf("Type \"limit %s max 3 life 24h\" to change that, \"block %s\" or \"remove user %s\".", name, name, name))
		reply.Buttons = [][]bots.Button{{button("Block", "block "+p.User.Name), button("Remove", "remove user "+p.User.Name)}}
	}
	reply.Text = lines(out...)
	return reply
}

// Limited says what somebody may do from now on.
func (r *Renderer) Limited(u *services.User) bots.Reply {
	return bots.Reply{Text: fmt.Sprintf("From now on %s may start %s. What runs already goes on to its end.", tame(u.Name, quoteLimit), rights(u))}
}

// Blocked says that somebody gets no answer any more, and what of theirs runs.
func (r *Renderer) Blocked(name string, running []*services.Instance) bots.Reply {
	out := []string{fmt.Sprintf("%s gets no answer from now on. Type \"unblock %s\" to take that back.", tame(name, quoteLimit), tame(name, quoteLimit))}
	reply := bots.Reply{}
	for _, i := range running {
		reply.Buttons = append(reply.Buttons, []bots.Button{button("Stop "+tame(nameIn(i), quoteLimit), "stop #"+i.ID)})
	}
	if len(running) > 0 {
		out = append(out, fmt.Sprintf("%s to the end: %s", plural(len(running), "service of theirs goes on", "services of theirs go on"), stopLines(running)))
	}
	reply.Text = lines(out...)
	return reply
}

// stopLines are the commands that end each of them.
func stopLines(running []*services.Instance) string {
	var out []string
	for _, i := range running {
		out = append(out, fmt.Sprintf("\"stop #%s\" ends %s", i.ID, tame(nameIn(i), quoteLimit)))
	}
	return strings.Join(out, ", ") + "."
}

// Unblocked says that somebody is answered again.
func (r *Renderer) Unblocked(name string) bots.Reply {
	return bots.Reply{Text: fmt.Sprintf("%s is answered again.", tame(name, quoteLimit))}
}

// Removed says that somebody is a stranger now.
func (r *Renderer) Removed(name string, running int, taken bool) bots.Reply {
	text := fmt.Sprintf("%s is a stranger from now on.", tame(name, quoteLimit))
	switch {
	case running > 0 && taken:
		text += fmt.Sprintf(" %s yours now: type \"list\".", plural(running, "service is", "services are"))
	case running > 0:
		text += fmt.Sprintf(" %s taken down.", plural(running, "service is being", "services are being"))
	}
	return bots.Reply{Text: text}
}

// Reloaded says that the configuration was read again.
func (r *Renderer) Reloaded(users int) bots.Reply {
	return bots.Reply{Text: fmt.Sprintf("The configuration was read again: %s in it. What changed counts from now on.", plural(users, "user is", "users are"))}
}
