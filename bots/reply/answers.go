package reply

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"onionbot/bots"
	"onionbot/bots/command"
	"onionbot/services"
)

// Greeting says what this is and what to do first.
func (r *Renderer) Greeting(defs []*services.Definition) bots.Reply {
	example := "services"
	if len(defs) > 0 {
		example = "start " + defs[0].Name
	}
	return bots.Reply{
		Text: lines("Hello. I start onion services for you and take them down on time.",
			fmt.Sprintf("Type \"%s\" to start one, or \"help\" to see what else you can say.", example),
			"This chat is not end-to-end encrypted: send public keys only, never private ones."),
		Buttons: startButtons(defs),
	}
}

func startButtons(defs []*services.Definition) [][]bots.Button {
	var rows [][]bots.Button
	for _, d := range defs {
		if len(rows) == 4 {
			break
		}
		rows = append(rows, []bots.Button{button("Start "+d.Name, "start "+d.Name)})
	}
	return rows
}

// FirstHelp is the three things that people do, on a phone's screen.
func (r *Renderer) FirstHelp(defs []*services.Definition) bots.Reply {
	service := "site"
	if len(defs) > 0 && !slices.ContainsFunc(defs, func(d *services.Definition) bool { return d.Name == service }) {
		service = defs[0].Name
	}
	return bots.Reply{
		Text: lines(
			fmt.Sprintf("start %s – start one; with a file or words, it shows them", service),
			"list – what you have running",
			"stop – take it down; \"more 2h\" keeps it longer",
			`Type "help all" for everything else.`),
		Buttons: [][]bots.Button{
			{button("Start "+service, "start "+service)},
			{button("What runs", "list"), button("More", "help all")},
		},
	}
}

// Thanks answers a kind word.
func (r *Renderer) Thanks(all []*services.Instance) bots.Reply {
	if len(all) == 0 {
		return bots.Reply{Text: `You're welcome. Nothing is running now; type "help" to see what you can say.`}
	}
	return bots.Reply{
		Text:    `You're welcome. Type "list" to see what runs, "stop" to take it down.`,
		Buttons: [][]bots.Button{{button("What runs", "list")}},
	}
}

// WhichToStop says why a "stop" did nothing, and offers each of what it can
// mean.
func (r *Renderer) WhichToStop(err error, live []*services.Instance) bots.Reply {
	reply := r.Failure(err)
	if services.IsCode(err, services.CodeTooOld) || len(live) == 0 {
		return reply
	}
	reply.Buttons = nil
	for _, i := range live {
		reply.Buttons = append(reply.Buttons, []bots.Button{button("Stop "+tame(nameIn(i), quoteLimit), "stop #"+i.ID)})
		if len(reply.Buttons) == 8 {
			break
		}
	}
	if len(live) > 1 {
		reply.Buttons = append(reply.Buttons, []bots.Button{button("Stop all", "stop all")})
	}
	return reply
}

// Help lists the commands that the user may give, or tells more about one.
func (r *Renderer) Help(u *services.User, topic command.Verb) bots.Reply {
	var out []string
	people := false
	for _, e := range command.Table(u) {
		people = people || e.OfPeople()
		switch {
		case topic == command.TopicPeople && e.OfPeople():
			out = append(out, e.Usage+" – "+e.Help)
		case topic == e.Name:
			text := []string{e.Usage + " – " + e.Help + "."}
			for _, x := range e.Examples {
				text = append(text, strings.TrimSuffix("  "+x.Line+": "+x.Note, ": "))
			}
			if len(e.Aliases) > 0 {
				text = append(text, "Also: "+strings.Join(e.Aliases, ", "))
			}
			return bots.Reply{Text: lines(text...)}
		case e.Listed() && topic != command.TopicPeople:
			out = append(out, e.Usage+" – "+e.Help)
		}
	}
	if topic == command.TopicPeople {
		return bots.Reply{Text: lines(append(out, `Type "help invite" for more about one.`)...)}
	}
	if people {
		out = append(out, `help people – let friends in, set limits, block, remove`)
	}
	out = append(out, `Times are like 30m, 2h, 1 day. Type "help start" for more about one command.`)
	return bots.Reply{Text: lines(out...)}
}

// Services lists what the user may start.
func (r *Renderer) Services(defs []*services.Definition) bots.Reply {
	if len(defs) == 0 {
		return bots.Reply{Text: "There is nothing that you may start. The operator can change that in the configuration."}
	}
	out := []string{"You can start:"}
	for _, d := range defs {
		line := d.Name + " – " + d.Summary
		if d.DefaultLife > 0 {
			line += fmt.Sprintf(" (lives %s if you name no time)", humanSpan(d.DefaultLife))
		}
		out = append(out, line)
	}
	out = append(out, fmt.Sprintf("Type \"start %s\", or \"start %s for 2h\".", defs[0].Name, defs[0].Name))
	return bots.Reply{Text: lines(out...), Buttons: startButtons(defs)}
}

// List is one line for each instance.
func (r *Renderer) List(u *services.User, all []*services.Instance, now time.Time) bots.Reply {
	if len(all) == 0 {
		return bots.Reply{Text: `Nothing is running. Type "services" to see what you can start.`}
	}
	var out, addresses []string
	for _, i := range all {
		out = append(out, r.line(u, i, now))
		if i.Live() && (i.Owner == u.Name || !u.Operates()) && i.Onion.Address != "" {
			out = append(out, "    "+i.Onion.Address)
			addresses = append(addresses, i.Onion.Address)
		}
	}
	out = append(out, `Type "status <name>" for more, "stop <name>" to end one.`)
	return bots.Reply{Text: lines(out...), Copy: addresses}
}

func (r *Renderer) line(u *services.User, i *services.Instance, now time.Time) string {
	name := tame(nameIn(i), quoteLimit)
	if i.Owner != u.Name {
		name += " of " + tame(i.Owner, quoteLimit) + " (#" + i.ID + ")"
	}
	if i.Service != i.Name {
		name += " (" + i.Service + ")"
	}
	if i.Desired == services.DesiredGone {
		return name + ": " + stateWord(i)
	}
	return fmt.Sprintf("%s: %s, until %s (%s left)", name, stateWord(i), humanTime(i.ExpiresAt, now), humanSpan(i.ExpiresAt.Sub(now)))
}

func stateWord(i *services.Instance) string {
	if i.Desired == services.DesiredGone {
		return "being taken down"
	}
	switch i.State {
	case services.StateStarting:
		return "starting"
	case services.StatePublishing:
		return "being published"
	case services.StateReachable:
		return "reachable"
	case services.StateDown:
		return "not reachable, being repaired"
	}
	return "being taken down"
}

// Status shows one instance whole, and what is wrong with the machine.
func (r *Renderer) Status(i *services.Instance, d *services.Definition, h services.Health, now time.Time) bots.Reply {
	n := &services.Notice{Kind: services.KindStarted, Instance: i.ID}
	c := card{r: r, n: n, i: i, d: d, now: now, name: nameOf(n, i)}
	reply := c.started()
	reply.Text = lines(reply.Text, soFar(i, d))
	reply.Text = lines(reply.Text, troubles(h))
	reply.Pending = false
	return reply
}

// Overview is the status of everything.
func (r *Renderer) Overview(u *services.User, all []*services.Instance, h services.Health, now time.Time) bots.Reply {
	reply := r.List(u, all, now)
	machine := troubles(h)
	if h.Images != "" && u.Operates() {
		machine = lines(machine, "Trouble: "+h.Images+".")
	}
	if machine == "" && u.Operates() {
		machine = fmt.Sprintf("All is well: the container engine, tor and the disk answer; %d of %d reachable.", h.Ready, h.Live)
	}
	if u.Operates() {
		machine = lines(machine, defences(h.Defences))
	}
	reply.Text = lines(machine, reply.Text)
	return reply
}

// troubles is a line for each thing that is wrong with the machine.
func troubles(h services.Health) string {
	var out []string
	for _, s := range []string{h.Docker, h.Tor, h.Disk, h.Clock} {
		if s != "" {
			out = append(out, "Trouble: "+s+".")
		}
	}
	var networks []string
	for n, s := range h.Adapters {
		if s != "" {
			networks = append(networks, n)
		}
	}
	slices.Sort(networks)
	for _, n := range networks {
		out = append(out, fmt.Sprintf("Trouble: %s: %s", n, strings.TrimRight(h.Adapters[n], ".")+"."))
	}
	return lines(out...)
}

// WithOwnerless adds, for an operator, what runs of people who are not in the
// configuration any more.
func (r *Renderer) WithOwnerless(reply bots.Reply, left []*services.Instance) bots.Reply {
	if len(left) == 0 {
		return reply
	}
	var names []string
	for _, i := range left {
		names = append(names, fmt.Sprintf("%s of %s (#%s)", tame(nameIn(i), quoteLimit), tame(i.Owner, quoteLimit), i.ID))
	}
	reply.Text = lines(reply.Text, fmt.Sprintf(
		"Nobody in the configuration owns %s. Nobody is reminded of their end; type \"stop #%s\" to end one now.", strings.Join(names, ", "), left[0].ID))
	return reply
}

// ClockAhead says that this machine's clock is not a network's; d is negative
// if it is behind.
func ClockAhead(d time.Duration) string {
	way := "ahead"
	if d < 0 {
		way, d = "behind", -d
	}
	return fmt.Sprintf("the clock of this machine is %s %s. Messages are dated by the network; set the clock right, then restart onionbot", humanSpan(d), way)
}

// QR sends the address as a picture.
func (r *Renderer) QR(i *services.Instance, d *services.Definition) bots.Reply {
	all := ways(d, i)
	if len(all) == 0 || !i.Live() {
		return bots.Reply{Text: fmt.Sprintf("%s has no address any more.", tame(nameIn(i), quoteLimit)), Error: true}
	}
	reply := bots.Reply{Address: i.Onion.Address, QR: i.Onion.Address}
	how := offer(&reply, all)
	if reply.Link != "" {
		reply.QR = reply.Link
	}
	reply.Text = lines(fmt.Sprintf("The address of %s:", tame(nameIn(i), quoteLimit)), how)
	return reply
}

// Audit shows the newest entries, the newest last.
func (r *Renderer) Audit(entries []services.AuditEntry, now time.Time) bots.Reply {
	if len(entries) == 0 {
		return bots.Reply{Text: "Nothing has been recorded yet."}
	}
	var out []string
	for _, e := range slices.Backward(entries) {
		who := e.Owner
		if who == "" && e.Account != "" {
			who = "stranger " + e.Account[:min(8, len(e.Account))]
		}
		fields := []string{e.At.In(now.Location()).Format("2 Jan 15:04:05"), e.Network, who, e.Action, tame(e.Detail, quoteLimit), tame(e.Outcome, quoteLimit)}
		if e.Count > 1 {
			fields = append(fields, fmt.Sprintf("(%d times in that hour)", e.Count))
		}
		out = append(out, strings.Join(slices.DeleteFunc(fields, func(s string) bool { return s == "" }), " "))
	}
	return bots.Reply{Text: lines(out...)}
}

// Private is all that an authorised user gets who asks where others can read.
func (r *Renderer) Private() bots.Reply {
	return bots.Reply{Text: "Others can read that, so I did nothing. Send it to me in a private message that only I get.", Error: true}
}
