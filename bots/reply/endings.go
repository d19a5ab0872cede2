package reply

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"onionbot/bots"
	"onionbot/services"
)

// gone is the last word on an instance: why it ended and what was checked.
func (c card) gone() bots.Reply {
	checked := "Nothing is left of it, and the address no longer opens (checked)."
	switch {
	case c.n.Args["checked"] != "":
	case c.n.Args["opened"] == "never":
		checked = "Nothing is left of it. It had not been reachable yet, so there was nothing to check."
	default:
		checked = "Nothing is left of it here. I could not check through tor that the address no longer opens."
	}
	early := ""
	if by := c.n.Args["early"]; by != "" {
		early = fmt.Sprintf("The server's clock was set forward by %s meanwhile, so it ended that much early.", spanArg(by))
	}
	return bots.Reply{
		Text:    lines(fmt.Sprintf("%s is gone: %s.", c.name, c.why(services.Reason(c.n.Args["reason"]))), early, checked),
		Buttons: c.startAgain(),
	}
}

func (c card) unreachable() bots.Reply {
	why := ""
	if f := services.Fault(c.n.Args["fault"]); f != services.FaultNone && f != services.FaultProbe {
		why = " (" + c.fault() + ")"
	}
	return bots.Reply{
		Text: lines(
			fmt.Sprintf("%s could not be reached in time%s. I removed it; nothing is left of it.", c.name, why),
			fmt.Sprintf("Type %q to try again.", c.anew())),
		Buttons: c.startAgain(), Error: true,
	}
}

// notSafe tells an owner that the app was not started, or not again.
func (c card) notSafe() bots.Reply {
	what := "was not started: it is not safe here"
	if c.n.Args["opened"] != "never" {
		what = "was ended and not started again: it is not safe here any more"
	}
	return bots.Reply{
		Text:  fmt.Sprintf("%s %s. Tell the operator, who can read what is wrong; nothing of it is left.", c.name, what),
		Error: true,
	}
}

// unsafe tells an operator why a start was refused.
func (c card) unsafe() bots.Reply {
	return bots.Reply{
		Text: lines(
			fmt.Sprintf("Not safe: %s (#%s) was not started. Its app could have reached what it must not: %s.",
				c.name, tame(c.n.Args["instance"], quoteLimit), tame(c.n.Args["reached"], reachedLimit)),
			"Something has changed how this server runs containers: look at the engine's settings, and type \"onionbot doctor\" there. The log has all of it."),
		Error: true,
	}
}

// host tells an operator of a trouble with the server, and of its end.
func (c card) host() bots.Reply {
	what := strings.TrimRight(tame(c.n.Args["what"], reachedLimit), ".")
	if lasted, err := time.ParseDuration(c.n.Args["over"]); err == nil {
		return bots.Reply{Text: fmt.Sprintf("Over, after about %s: %s.", humanSpan(lasted), what)}
	}
	return bots.Reply{
		Text: lines(
			fmt.Sprintf("Trouble on the server: %s.", what),
			"I'll tell you when it is over. Type \"status\" here for all that is wrong, or \"onionbot doctor\" there for what to do."),
		Error: true,
	}
}

// reachedLimit bounds what an operator is told of what could be reached; some
// networks have short messages.
const reachedLimit = 250

func (c card) lost() bots.Reply {
	if services.Fault(c.n.Args["fault"]) == services.FaultUnsafe {
		return c.notSafe()
	}
	text := fmt.Sprintf("%s has ended by a fault: %s. Nothing is left of it.", c.name, c.fault())
	if services.Reason(c.n.Args["reason"]) == services.ReasonLost {
		text = fmt.Sprintf("%s has ended: tor was restarted, and its key was kept in memory only. The address is lost; nothing is left of it.", c.name)
	}
	return bots.Reply{
		Text:    lines(text, fmt.Sprintf("Type %q to start it again, at a new address.", c.anew())),
		Buttons: c.startAgain(), Error: true,
	}
}

func (c card) down() bots.Reply {
	return bots.Reply{
		Text: lines(fmt.Sprintf("%s is not reachable right now: %s. I am repairing it and will tell you when it is back.", c.name, c.fault()),
			fmt.Sprintf("Type \"status %s\" to look, \"stop %s\" to end it.", c.name, c.name)),
		Buttons: buttons(c.i), Pending: true,
	}
}

func (c card) back() bots.Reply {
	if c.i == nil || !c.i.Live() {
		return bots.Reply{Text: fmt.Sprintf("%s was reachable again, and has ended since.", c.name)}
	}
	if c.n.Args["opened"] == "false" {
		return c.full(fmt.Sprintf("%s is running again, at the same address. I did not open it myself, since that would count as a visit.", c.name), c.until())
	}
	return c.full(fmt.Sprintf("%s is reachable again, at the same address.", c.name), c.until())
}

// again is the service to type after "start".
func (c card) again() string {
	for _, s := range []string{c.n.Args["service"], serviceOf(c.i), c.name} {
		if s != "" {
			return tame(s, quoteLimit)
		}
	}
	return ""
}

// anew is what to type to start the like of the instance again, under its name.
// It is "start" alone where not even its service is known any more.
func (c card) anew() string {
	switch s := c.again(); {
	case s == "" || s[0] == '#':
		return "start"
	case c.name == s || c.name[0] == '#':
		return "start " + s
	default:
		return "start " + s + " as " + c.name
	}
}

func serviceOf(i *services.Instance) string {
	if i == nil {
		return ""
	}
	return i.Service
}

func (c card) startAgain() [][]bots.Button {
	if s := c.again(); s != "" && s[0] != '#' {
		return [][]bots.Button{{button("Start again", c.anew())}}
	}
	return nil
}

// why says why it ended.
func (c card) why(r services.Reason) string {
	if one, many := countWords(c.d); r == services.ReasonVisits && one != "visit" {
		return fmt.Sprintf("it had the %s you gave", many)
	}
	return reasonPhrase(r)
}

// reasonPhrase says why something ended.
func reasonPhrase(r services.Reason) string {
	switch r {
	case services.ReasonStopped:
		return "it was stopped"
	case services.ReasonExpired:
		return "its time was up"
	case services.ReasonIdle:
		return "nobody came for the time you gave"
	case services.ReasonVisits:
		return "it had the visits you gave"
	case services.ReasonUnreachable:
		return "it could not be reached"
	case services.ReasonFailed:
		return "it could not be kept running"
	case services.ReasonLost:
		return "its key was lost with tor"
	case services.ReasonDown:
		return "the operator took everything down"
	}
	return "it has ended"
}

// faultPhrase says what is wrong.
func faultPhrase(f services.Fault) string {
	switch f {
	case services.FaultDocker:
		return "the container engine does not answer"
	case services.FaultTor:
		return "tor does not answer"
	case services.FaultImage:
		return "its image could not be built"
	case services.FaultContainer:
		return "its container does not keep running"
	case services.FaultProbe:
		return "its address does not open"
	case services.FaultDisk:
		return "the disk refuses writes"
	case services.FaultUnsafe:
		return "it is not safe here"
	case services.FaultExposed:
		return "it was to be private, and its address opened without a key"
	case services.FaultUnlisted:
		return "it would have to be repaired, and this server no longer offers it"
	}
	return "something went wrong on the server"
}

// fault is what is wrong, by the notice; if its app ended, how.
func (c card) fault() string {
	f := services.Fault(c.n.Args["fault"])
	if f == services.FaultContainer {
		if s := exitPhrase(c.n.Args); s != "" {
			return s
		}
	}
	return faultPhrase(f)
}

// exitPhrase says how an app ended, "" if that is not known.
func exitPhrase(args map[string]string) string {
	code, err := strconv.Atoi(args["exit"])
	switch {
	case args["memory"] != "":
		return "its app needed more memory than it may have"
	case err != nil:
		return ""
	case code > 128:
		return fmt.Sprintf("its app was ended by signal %d", code-128)
	}
	return fmt.Sprintf("its app ended with exit code %d", code)
}
