package reply

import (
	"fmt"
	"strings"
	"time"

	"onionbot/bots"
	"onionbot/services"
)

// Renderer holds every sentence that a user can read. Times of day are
// written in the location of the now that its methods get.
type Renderer struct {
	Hints func(d *services.Definition, i *services.Instance) string // more lines on how to open it; may be nil
	Shown func(i *services.Instance) *services.Shown                // what it shows of what was sent; may be nil
}

// Render turns a notice into what its reader gets. i and d may be nil: the
// row may have been erased, the definition may be gone.
func (r *Renderer) Render(n *services.Notice, i *services.Instance, d *services.Definition, now time.Time) (bots.Reply, error) {
	c := card{r: r, n: n, i: i, d: d, now: now, name: nameOf(n, i)}
	switch n.Kind {
	case services.KindReply:
		return Decode(n.Body)
	case services.KindStarted, services.KindReachable:
		return c.started(), nil
	case services.KindProgress:
		return c.progress(), nil
	case services.KindAdmitted:
		return c.admitted(), nil
	case services.KindExtended:
		return c.extended(), nil
	case services.KindReminder:
		return c.reminder(), nil
	case services.KindStopping:
		return c.stopping(), nil
	case services.KindGone:
		return c.gone(), nil
	case services.KindUnreachable:
		return c.unreachable(), nil
	case services.KindLost:
		return c.lost(), nil
	case services.KindDown:
		return c.down(), nil
	case services.KindBack:
		return c.back(), nil
	case services.KindContent:
		return c.content(), nil
	case services.KindCounted:
		return c.counted(), nil
	case services.KindDropped:
		return c.dropped(), nil
	case services.KindDroppedFile:
		return c.droppedFile(), nil
	case services.KindUnsafe:
		return c.unsafe(), nil
	case services.KindHost:
		return c.host(), nil
	}
	return bots.Reply{}, fmt.Errorf("notice of an unknown kind %q", n.Kind)
}

// nameOf is what the owner calls the instance, also after its row was erased.
func nameOf(n *services.Notice, i *services.Instance) string {
	for _, s := range []string{n.Args["name"], nameIn(i), n.Args["service"]} {
		if s != "" {
			return tame(s, quoteLimit)
		}
	}
	return "#" + n.Instance
}

func nameIn(i *services.Instance) string {
	switch {
	case i == nil:
		return ""
	case i.Name != "":
		return i.Name
	}
	return i.Service
}

// openLine is how to open an instance: a link, or a line for a shell; more are
// lines to read below it, such as a password.
func openLine(d *services.Definition, i *services.Instance) (line string, link bool, more string) {
	switch {
	case i == nil || i.Onion.Address == "":
		return "", false, ""
	case d == nil || d.Open == "" && len(d.Ports) == 0: // its image has not said yet how it is opened
		return i.Onion.Address, false, ""
	case d.Open == "" && d.Probe == services.ProbeHTTP:
		line = "http://{address}/"
	case d.Open == "":
		line = "{address}:{port}"
	default:
		line = d.Open
	}
	line, more, _ = strings.Cut(d.Fill(line, i.Onion.Address, i.SecretsOf(d)), "\n")
	return line, strings.HasPrefix(line, "http://") && !strings.Contains(line, " "), more
}

func button(label, command string) bots.Button { return bots.Button{Label: label, Command: command} }

// buttons are offered under the card of something that lives. They carry the
// ID, so that they mean this instance for ever.
func buttons(i *services.Instance) [][]bots.Button {
	if i == nil || !i.Live() {
		return nil
	}
	id := " #" + i.ID
	return [][]bots.Button{
		{button("+1 h", "more 1h"+id), button("Stop", "stop"+id)},
		{button("QR", "qr"+id), button("Status", "status"+id)},
	}
}
