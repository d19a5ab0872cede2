package reply

import (
	"fmt"
	"time"

	"onionbot/bots"
	"onionbot/services"
)

// card is one instance as it is told to its owner.
type card struct {
	r    *Renderer
	n    *services.Notice
	i    *services.Instance
	d    *services.Definition
	now  time.Time
	name string
}

// Card is what the message about an instance says from now on, after its
// owner got the notice n.
func (r *Renderer) Card(n *services.Notice, i *services.Instance, d *services.Definition, now time.Time) bots.Reply {
	c := card{r: r, n: n, i: i, d: d, now: now, name: nameOf(n, i)}
	switch {
	case n.Slot == services.CardSlot(n.Instance): // n is the card now
		return bots.Reply{Text: fmt.Sprintf("%s: see the newer message below.", c.name)}
	case i == nil || i.Ended():
		return bots.Reply{Text: fmt.Sprintf("%s is gone: %s.", c.name, c.why(services.Reason(n.Args["reason"])))}
	case !i.Live():
		return bots.Reply{Text: fmt.Sprintf("%s is being taken down.", c.name)}
	}
	return c.started()
}

// full is a reply that shows the whole instance below a first sentence.
func (c card) full(head string, tail ...string) bots.Reply {
	reply := bots.Reply{Buttons: buttons(c.i)}
	if c.i != nil {
		reply.Address = c.i.Onion.Address
	}
	how := offer(&reply, ways(c.d, c.i))
	reply.Text = lines(append([]string{head, how, c.private(), c.hostKey(), c.hints(), c.shown()}, tail...)...)
	return reply
}

func (c card) hostKey() string {
	if c.i == nil || c.i.HostKey.Fingerprint == "" {
		return ""
	}
	return "Host key: " + c.i.HostKey.Fingerprint
}

func (c card) hints() string {
	if c.r.Hints == nil || c.i == nil || c.d == nil || c.i.Onion.Address == "" {
		return ""
	}
	var out []string
	for _, d := range c.d.Singles() {
		out = append(out, c.r.Hints(d, c.i))
	}
	return lines(out...)
}

// until says how long it lives and what ends it earlier.
func (c card) until() string {
	if c.i == nil || c.i.ExpiresAt.IsZero() {
		return ""
	}
	s := fmt.Sprintf("Until %s, %s from now", humanTime(c.i.ExpiresAt, c.now), humanSpan(c.i.ExpiresAt.Sub(c.now)))
	switch rules := c.i.Rules; {
	case rules.Idle > 0 && rules.Visits > 0:
		s += fmt.Sprintf(", or earlier: after %s without a visitor or %s", humanSpan(rules.Idle), counts(c.d, rules.Visits))
	case rules.Idle > 0:
		s += fmt.Sprintf(", or earlier: after %s without a visitor", humanSpan(rules.Idle))
	case rules.Visits > 0:
		s += fmt.Sprintf(", or earlier: after %s", counts(c.d, rules.Visits))
	}
	return s + "."
}

// untaken says what a second "start" asked for and did not get.
func (c card) untaken() string {
	switch time, rules := c.n.Args["untaken-time"] != "", c.n.Args["untaken-rules"] != ""; {
	case rules:
		return fmt.Sprintf("It was running already, so how it ends was not changed. Stop it first, or type \"start %s as <name>\" with the same words for a second one.", c.again())
	case time:
		return fmt.Sprintf("It was running already, so its time was not changed. Type \"more 2h %s\" to keep it longer.", c.name)
	}
	if c.n.Args["again"] == "" {
		return ""
	}
	return fmt.Sprintf("It was running already. Type \"start another %s\" for one more; what you send with \"start %s\" takes the place of what it shows.", c.again(), c.again())
}

func (c card) manage() string {
	return fmt.Sprintf("Type \"more 2h %s\" to keep it longer, \"stop %s\" to end it.", c.name, c.name)
}

// ephemeral warns of what the user could not know.
func (c card) ephemeral() string {
	if c.d == nil || !c.d.EphemeralKey {
		return ""
	}
	return "Its key is never written to disk: if tor is restarted, the address is lost."
}

// started is the card in whatever state the instance is by now.
func (c card) started() bots.Reply {
	if c.i == nil || c.i.Ended() {
		return bots.Reply{Text: fmt.Sprintf("%s has ended in the meantime. Type \"list\" to see what runs.", c.name)}
	}
	tail := []string{c.until(), c.untaken(), c.ephemeral(), c.manage()}
	switch c.i.State {
	case services.StateReachable:
		return c.full(fmt.Sprintf("%s is reachable (checked at %s).", c.name, c.i.CheckedAt.In(c.now.Location()).Format("15:04:05")), tail...)
	case services.StateDown:
		r := c.full(fmt.Sprintf("%s is not reachable right now (%s). I am repairing it and will tell you when it is back.", c.name, faultPhrase(c.i.Fault)), tail...)
		return r
	case services.StateStopping, services.StateGone:
		return bots.Reply{Text: fmt.Sprintf("%s is being taken down.", c.name), Pending: true}
	}
	r := c.full(fmt.Sprintf("%s is being published at this address. I'll tell you when it opens.", c.name), c.until(), c.untaken(), c.ephemeral(),
		fmt.Sprintf("Type \"stop %s\" to end it.", c.name))
	r.Pending = true
	return r
}

func (c card) progress() bots.Reply {
	if c.n.Args["step"] == "" && c.n.Args["fault"] != "" {
		return bots.Reply{Text: fmt.Sprintf("%s is not ready yet: %s. I keep trying, and will tell you how it goes.", c.name, c.fault()), Pending: true}
	}
	step := tame(c.n.Args["step"], 120)
	return bots.Reply{Text: fmt.Sprintf("%s is being prepared: %s\nThis takes longer the first time. I'll tell you when it is ready.", c.name, step), Pending: true}
}

func (c card) extended() bots.Reply {
	if c.i == nil || !c.i.Live() {
		return bots.Reply{Text: fmt.Sprintf("%s has ended in the meantime. Type %q to start it again.", c.name, c.anew())}
	}
	return c.full(fmt.Sprintf("%s lives longer now, by %s.", c.name, spanArg(c.n.Args["by"])), c.until())
}

func (c card) reminder() bots.Reply {
	left := spanArg(c.n.Args["left"])
	if c.i != nil && !c.i.ExpiresAt.IsZero() {
		left = humanSpan(c.i.ExpiresAt.Sub(c.now))
	}
	text := fmt.Sprintf("%s ends in %s.", c.name, left)
	if c.i != nil && !c.i.ExpiresAt.IsZero() {
		text = fmt.Sprintf("%s ends in %s, at %s.", c.name, left, humanTime(c.i.ExpiresAt, c.now))
	}
	return bots.Reply{Text: lines(text, fmt.Sprintf("Type \"more 2h %s\" to keep it longer.", c.name)), Buttons: buttons(c.i)}
}

// stopping answers "stop", or tells that an end by itself takes a moment.
func (c card) stopping() bots.Reply {
	if c.i == nil || c.i.Ended() {
		return bots.Reply{Text: fmt.Sprintf("%s is gone.", c.name)}
	}
	text := fmt.Sprintf("%s is being taken down. I'll tell you when nothing is left.", c.name)
	if why := services.Reason(c.n.Args["reason"]); why != "" && why != services.ReasonStopped {
		text = fmt.Sprintf("%s is being taken down: %s. I'll tell you when nothing is left.", c.name, c.why(why))
	}
	// The last word goes to where it was started from.
	here := c.i.Origin.Network == c.n.To.Network && c.i.Origin.Account == c.n.To.Account
	switch {
	case here:
	case c.i.Owner == c.n.Owner:
		text = fmt.Sprintf("%s is being taken down. I'll tell you over %s, where you started it, when nothing is left.", c.name, tame(c.i.Origin.Network, quoteLimit))
	default:
		text = fmt.Sprintf("%s is being taken down. Its owner is told when nothing is left.", c.name)
	}
	return bots.Reply{Text: text, Pending: here}
}
