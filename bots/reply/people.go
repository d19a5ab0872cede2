package reply

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"onionbot/bots"
	"onionbot/services"
)

// Code is a code that was made, and how it gets to the bot.
type Code struct {
	Text  string
	Link  string // brings it to the bot when it is opened; "" where there is none
	Until time.Time
}

// picture is what a phone reads from the screen.
func (c Code) picture() string {
	if c.Link != "" {
		return c.Link
	}
	return c.Text
}

// tell is the code in the forms in which it can be handed over.
func (c Code) tell() []string {
	out := []string{c.Text}
	if c.Link != "" {
		out = append(out, "On Telegram this link does it: "+c.Link)
	}
	return append(out, "On Mastodon, a private mention of the bot with: my code is "+c.Text)
}

// Invited hands a code for a new user to whoever asked for it.
func (r *Renderer) Invited(u *services.User, c Code, now time.Time) bots.Reply {
	name := tame(u.Name, quoteLimit)
	text := []string{fmt.Sprintf("A code for %s, good once, until %s. Sent to this bot in a private message, it lets them in:", name, humanTime(c.Until, now))}
	text = append(text, c.tell()...)
	return bots.Reply{
		Text: lines(append(text,
			fmt.Sprintf("%s may start %s.", name, rights(u)),
			"Who has the code can use it, and this chat is not end-to-end encrypted: hand it over in person or by a safe messenger. "+
				fmt.Sprintf("Posted in public it is worthless. To take it back: invite cancel %s", name))...),
		Link: c.Link, Copy: []string{c.Text}, QR: c.picture(),
		Buttons: [][]bots.Button{{button("Take it back", "invite cancel "+u.Name)}},
	}
}

// LinkCode hands a code for another account to its own user.
func (r *Renderer) LinkCode(c Code, now time.Time) bots.Reply {
	text := []string{fmt.Sprintf("Send me this from the other account, in a private message, before %s. Then that account is yours, too:", humanTime(c.Until, now))}
	text = append(text, c.tell()...)
	return bots.Reply{
		Text: lines(append(text, `Keep it to yourself: whoever sends it first is you. Did you want an address? Type "status".`)...),
		Link: c.Link, Copy: []string{c.Text}, QR: c.picture(),
	}
}

// rights are what somebody may start, in words.
func rights(u *services.User) string {
	if !u.Role.Starts() {
		return "nothing, but look after what others share with them"
	}
	names := tame(strings.Join(u.Services, ", "), 200)
	if slices.Contains(u.Services, "*") {
		names = "everything"
	}
	out := []string{names, fmt.Sprintf("%d at once", u.MaxInstances)}
	if u.PerDay > 0 {
		out = append(out, fmt.Sprintf("%d a day", u.PerDay))
	}
	if u.MaxLife > 0 {
		out = append(out, humanSpan(u.MaxLife)+" each at most")
	}
	if u.Storage > 0 {
		out = append(out, humanSize(u.Storage)+" of files")
	}
	return strings.Join(out, "; ")
}

// Welcome is the first word to an account that sent a good code.
func (r *Renderer) Welcome(u *services.User, kind services.InviteKind, defs []*services.Definition) bots.Reply {
	if kind == services.InviteLink {
		return bots.Reply{
			Text:    fmt.Sprintf("This account is %s as well now. Type \"list\" to see what runs.", tame(u.Name, quoteLimit)),
			Buttons: [][]bots.Button{{button("What runs", "list")}},
		}
	}
	hello := r.Greeting(defs)
	if !u.Role.Starts() {
		hello.Text, hello.Buttons = "Hello. Others can share with you what they start here; type \"list\" to see it.", nil
	}
	hello.Text = lines(fmt.Sprintf("You are in, as %s. You may start %s.", tame(u.Name, quoteLimit), rights(u)), hello.Text)
	return hello
}

// Joined tells whoever had a code made that it was used.
func (r *Renderer) Joined(j services.Joined, network string) bots.Reply {
	name, handle := tame(j.User.Name, quoteLimit), tame(j.Handle, quoteLimit)
	if j.Kind == services.InviteLink {
		return bots.Reply{Text: fmt.Sprintf("Your code was used on %s, by %s: that account is yours, too. If it is not, tell the operator at once.", network, handle)}
	}
	return bots.Reply{
		Text:    fmt.Sprintf("%s is in: the code was used on %s, by %s. Not the right one? Type \"block %s\".", name, network, handle, name),
		Buttons: [][]bots.Button{{button("Block "+name, "block "+j.User.Name)}},
	}
}

// AlreadySomebody answers a user who sends a code that is good for others.
func (r *Renderer) AlreadySomebody(u *services.User, inv *services.Invite) bots.Reply {
	name := tame(u.Name, quoteLimit)
	text := fmt.Sprintf("You are known here already, as %s, so the code was not used. It is still good, for whom it was made.", name)
	if inv.Kind == services.InviteLink && inv.User.Name == u.Name {
		text = fmt.Sprintf("This account is %s already. Send the code from the other one.", name)
	}
	return bots.Reply{Text: text, Error: true}
}

// Burnt tells operators that a code was posted for everybody to read.
func (r *Renderer) Burnt(inv *services.Invite, network, handle string) bots.Reply {
	name := tame(inv.User.Name, quoteLimit)
	text := fmt.Sprintf("%s has posted a code for %s on %s where others can read it. It is worthless now.", tame(handle, quoteLimit), name, network)
	if inv.Kind == services.InvitePerson {
		text += fmt.Sprintf(" Type \"invite %s\" for a new one, and hand it over in private.", name)
	}
	return bots.Reply{Text: text}
}

// Invites lists the codes that nobody has used yet.
func (r *Renderer) Invites(all []*services.Invite, now time.Time) bots.Reply {
	if len(all) == 0 {
		return bots.Reply{Text: `No code is waiting for anybody. Type "invite <name>" for one.`}
	}
	var out []string
	for _, i := range all {
		out = append(out, fmt.Sprintf("%s: until %s, made by %s; may start %s", tame(i.User.Name, quoteLimit), humanTime(i.ExpiresAt, now), tame(i.By, quoteLimit), rights(&i.User)))
	}
	return bots.Reply{Text: lines(append(out, fmt.Sprintf("Type \"invite cancel %s\" to take one back.", tame(all[0].User.Name, quoteLimit)))...)}
}

// Uninvited says that a code was taken back.
func (r *Renderer) Uninvited(name string) bots.Reply {
	return bots.Reply{Text: fmt.Sprintf("The code for %s is worthless now.", tame(name, quoteLimit))}
}
