package conversation

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"onionbot/bots"
	"onionbot/bots/command"
	"onionbot/bots/reply"
	"onionbot/services"
)

// RouterOptions are what a [Router] works with. Content may be nil: then
// nothing is taken along. MaxAge 0 means 10 minutes, Zone nil UTC.
type RouterOptions struct {
	Manager   Manager
	Store     services.Store
	Directory Directory
	Replies   *reply.Renderer
	Content   Content
	ReadKey   func(text string) (services.PublicKey, error) // refusals are [services.CodeBadKey]
	Reload    func() (users int, err error)                 // reads the configuration again; refusals are [services.CodeNotReloaded]
	Clock     services.Clock
	Zone      *time.Location // of the times that users read and type
	MaxAge    time.Duration  // older commands are answered, not executed
	Log       *slog.Logger
}

// Router carries one message from "who is it" to one call into the domain.
type Router struct {
	o    RouterOptions
	salt string

	guesses guesses
	// inviteLink makes a link that brings a code to the bot; "" for none.
	inviteLink func(code string) string

	// recall decodes an event that was stored before, of the networks that
	// keeps names: others let go of their files when a message is handled.
	recall func(ctx context.Context, in services.Incoming) (*bots.Message, error)
	keeps  map[string]bool
}

// NewRouter makes a router; it reads or makes the installation's salt.
func NewRouter(ctx context.Context, o RouterOptions) (*Router, error) {
	salt, err := Salt(ctx, o.Store)
	if err != nil {
		return nil, err
	}
	if o.MaxAge == 0 {
		o.MaxAge = 10 * time.Minute
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	return &Router{o: o, salt: salt, inviteLink: func(string) string { return "" }}, nil
}

// turn is one message on its way, with what is known about it by then.
type turn struct {
	msg  *bots.Message
	user *services.User
	req  services.Request
	now  time.Time
	used []keptEvent // files of earlier messages that it uses

	confirmed bool // the command was asked about, and this is the answer
}

// age is how long ago the message was sent; 0 if its network does not say.
func (t turn) age() time.Duration {
	if t.msg.SentAt.IsZero() {
		return 0
	}
	return max(t.now.Sub(t.msg.SentAt), 0)
}

// written is when the message was sent, by the clock of its network: what a
// time of day in it is meant by.
func (t turn) written() time.Time { return t.now.Add(-t.age() - t.msg.ClockAhead) }

// untilHere turns a time of day, read by the network's clock, into one of this
// machine's. One that was still to come when it was written may be past now.
func (t turn) untilHere(c *command.Command) error {
	if c.Until.IsZero() {
		return nil
	}
	typed := c.Until.Format("15:04")
	c.Until = c.Until.Add(t.msg.ClockAhead)
	if c.Until.After(t.now) {
		return nil
	}
	return services.E(services.CodeBadDuration, "word", typed, "why", "past")
}

// Handle deals with a message: it is executed, answered, or passed over in
// silence, once, whatever happens in between. An error means that nothing was
// stored, and that it has to be handled again.
func (r *Router) Handle(ctx context.Context, m *bots.Message) error {
	done, err := r.handled(ctx, m)
	if err != nil || done {
		return err
	}
	t := turn{msg: m, now: r.o.Clock.Now().In(r.o.Zone)}
	t.user = r.o.Directory.Lookup(m.Network, m.From.Account)
	t.req = services.Request{User: t.user, Route: m.Route, Network: m.Network, MessageID: m.ID, Also: also(m)}
	switch {
	case m.Public:
		return r.public(ctx, t)
	case t.user == nil:
		return r.stranger(ctx, t)
	case m.Unsupported != "":
		return r.answer(ctx, t, r.o.Replies.Unsupported(m.Unsupported), "message", "unsupported")
	}
	if services.HoldsPrivateKey(m.Text) {
		return r.privateKey(ctx, t)
	}
	if done, err := r.code(ctx, t); done || err != nil {
		return err
	}
	err = r.parse(ctx, t)
	if services.IsCode(err, services.CodeStranger) {
		return r.silence(ctx, t) // until a moment ago they were a user
	}
	return err
}

// Apologise answers a message whose handling broke.
func (r *Router) Apologise(ctx context.Context, m *bots.Message) error {
	t := turn{msg: m, user: r.o.Directory.Lookup(m.Network, m.From.Account)}
	t.req = services.Request{User: t.user, Route: m.Route, Network: m.Network, MessageID: m.ID, Also: also(m)}
	if t.user == nil {
		return r.silence(ctx, t)
	}
	return r.fail(ctx, t, "message", services.E(services.CodeInternal))
}

// also are the IDs of the events that a message was made of, beside its own.
func also(m *bots.Message) (ids []string) {
	for _, p := range m.Parts {
		if p.ID != m.ID {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

func (r *Router) handled(ctx context.Context, m *bots.Message) (bool, error) {
	var done bool
	err := r.o.Store.View(ctx, func(tx services.Tx) error {
		var err error
		done, err = tx.Handled(m.Network, m.ID)
		return err
	})
	return done, err
}

func (r *Router) parse(ctx context.Context, t turn) error {
	line, err := r.confirmed(ctx, &t)
	if err != nil {
		return r.unlessOurs(ctx, t, err)
	}
	cmd, err := r.grammar(t.user, t.written()).Parse(cmp.Or(line, t.msg.Text))
	if t.age() > r.o.MaxAge {
		if err != nil || cmd.Verb != command.VerbStop {
			return r.fail(ctx, t, "message", services.E(services.CodeTooOld))
		}
		t.req.StartedBefore = t.msg.SentAt
	}
	action := string(cmd.Verb)
	switch {
	case services.IsCode(err, services.CodeEmpty) && len(t.msg.Attachments) > 0:
		action = "message"
		err = r.wordless(ctx, t)
	case services.IsCode(err, services.CodeEmpty) && len(t.msg.Missing) > 0:
		return r.answer(ctx, t, r.o.Replies.Unsupported(t.msg.Missing[0]), "message", "unsupported")
	case err != nil && refusedStop(err):
		return r.whichToStop(ctx, t, err)
	case err != nil:
		return r.fail(ctx, t, "message", err)
	default:
		err = r.carryOut(ctx, t, cmd)
	}
	var refusal *services.Error
	if !errors.As(err, &refusal) {
		return err
	}
	if refusal.Code == services.CodeConflict || refusal.Code == services.CodeStranger {
		return err // it lost a race against another command: again
	}
	if cmd.Verb == command.VerbStop {
		return r.whichToStop(ctx, t, refusal)
	}
	return r.fail(ctx, t, action, r.helpful(ctx, t, cmd, refusal))
}

// unlessOurs answers a refusal; what is no refusal is an error of ours.
func (r *Router) unlessOurs(ctx context.Context, t turn, err error) error {
	if !errors.As(err, new(*services.Error)) {
		return err
	}
	return r.fail(ctx, t, "message", err)
}

// carryOut executes a command, or asks about it first.
func (r *Router) carryOut(ctx context.Context, t turn, c command.Command) error {
	if err := t.untilHere(&c); err != nil {
		return err
	}
	if done, err := r.question(ctx, t, c); done || err != nil {
		return err
	}
	return r.execute(ctx, t, c)
}

// execute is the one call that a command becomes.
func (r *Router) execute(ctx context.Context, t turn, c command.Command) error {
	switch c.Verb {
	case command.VerbStart:
		return r.start(ctx, t, c)
	case command.VerbStop:
		if c.All {
			return r.o.Manager.StopAll(ctx, t.req, c.Service)
		}
		return r.o.Manager.Stop(ctx, t.req, append([]string{c.Target}, c.Others...)...)
	case command.VerbAdd:
		return r.add(ctx, t, c)
	case command.VerbClear:
		return r.clear(ctx, t, c)
	case command.VerbMore:
		return r.more(ctx, t, c)
	case command.VerbInvite:
		return r.invite(ctx, t, c)
	case command.VerbLink:
		return r.link(ctx, t)
	case command.VerbKey:
		return r.key(ctx, t, c)
	case command.VerbAllow, command.VerbRevoke:
		return r.admit(ctx, t, c)
	case command.VerbShare, command.VerbUnshare:
		return r.share(ctx, t, c)
	case command.VerbLimit, command.VerbBlock, command.VerbUnblock:
		return r.change(ctx, t, c)
	case command.VerbRemove:
		return r.remove(ctx, t, c)
	}
	reply, err := r.query(ctx, t, c)
	if err != nil {
		return err
	}
	return r.answer(ctx, t, reply, string(c.Verb), "ok")
}

// grammar understands what the user can say at a time.
func (r *Router) grammar(u *services.User, now time.Time) *command.Grammar {
	g := &command.Grammar{Services: r.o.Manager.Catalog(), User: u, Now: now}
	if u.Operates() {
		g.Users = r.names()
	}
	return g
}

func (r *Router) definition(name string) *services.Definition {
	return services.Find(r.o.Manager.Catalog(), name)
}

func (r *Router) fail(ctx context.Context, t turn, action string, err error) error {
	if services.IsCode(err, services.CodeInternal) {
		r.o.Log.Error("command failed", "network", t.msg.Network, "message", t.msg.ID, "action", action, "error", err)
	}
	return r.answer(ctx, t, r.o.Replies.Failure(err), action, string(services.CodeOf(err)))
}

func (r *Router) answer(ctx context.Context, t turn, out bots.Reply, action, outcome string) error {
	body, err := reply.Encode(out)
	if err != nil {
		return err
	}
	return r.o.Manager.Answer(ctx, t.req, body, services.AuditEntry{Action: action, Outcome: outcome})
}
