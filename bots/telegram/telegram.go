// Package telegram joins onionbot to Telegram's Bot API: updates to
// [bots.Message], [bots.Reply] to messages, and nothing else.
//
// The calls go through gopkg.in/telebot.v3; what surrounds them is ours. Its
// own long poller acknowledges updates before they are handled and repeats
// failed calls without a pause, so [Adapter.Receive] polls itself and stores
// each batch before the next call acknowledges it. Its errors contain the
// token, so it is given a placeholder, and the real token is put into the URL
// by the transport below it. It knows no contexts, so each call gets a bot
// whose transport is bound to the caller's context.
//
// # Delivery
//
// The Bot API has no idempotency keys. Within one process a repeated
// [Adapter.Send] with a known key sends nothing again and goes on after the
// last part that was accepted. If the connection breaks after Telegram took a
// message and before its answer arrived, or the process ends between that
// answer and the outbox's record of it, the message is sent a second time:
// at least once, rarely twice. Edits are repeatable by nature.
package telegram

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
	tele "gopkg.in/telebot.v3"

	"onionbot/bots"
	"onionbot/services"
)

// Network is the name of the network in routes and events.
const Network = "telegram"

// DefaultAPIURL is Telegram's own Bot API server.
const DefaultAPIURL = "https://api.telegram.org"

// Command is a line of the menu that Telegram shows beside the text field.
type Command struct {
	Name        string // 1 to 32 of a-z, 0-9 and _; others are left out
	Description string // up to 256 characters
}

// Options are what an [Adapter] needs. Only Token is required.
type Options struct {
	Token services.Secret
	// ReadToken reads the token again from where it came, when Telegram
	// refuses the one that is known; may be nil.
	ReadToken func() (services.Secret, error)
	APIURL    string // default [DefaultAPIURL]; a Bot API server of one's own otherwise
	Commands  []Command
	Logger    *slog.Logger   // default: silence
	Clock     services.Clock // default: time.Now

	// Dial opens connections to the Bot API server, usually through tor; nil
	// connects directly. Proxies of the environment are never used.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)

	PollTimeout time.Duration // how long an empty poll stays open; default 50 s
	CallTimeout time.Duration // for every other call; default 60 s
	MinPause    time.Duration // first pause after a failure; default 1 s
	MaxPause    time.Duration // longest pause; default 1 min

	RefusedPause time.Duration // longest pause while the token is refused; default 10 min

	// ChatRate and TotalRate are messages per second to one chat and to all;
	// default 1 and 30, Telegram's limits.
	ChatRate, TotalRate rate.Limit
}

// Adapter is a [bots.Adapter] for one bot account.
type Adapter struct {
	apiURL   string
	commands []Command
	log      *slog.Logger
	clock    services.Clock
	tele     *transport

	pollTimeout, callTimeout time.Duration
	pauses                   pauses
	refused                  pauses // while the token is refused

	pace    *pace
	sent    *sentKeys
	trouble trouble
	failed  atomic.Uint64 // attempts to receive
	name    atomic.Pointer[string]
}

var (
	_ bots.Adapter        = (*Adapter)(nil)
	_ bots.Editor         = (*Adapter)(nil)
	_ bots.ReceiveCounter = (*Adapter)(nil)
	_ bots.Clocked        = (*Adapter)(nil)
)

var tokenShape = regexp.MustCompile(`^[0-9]+:[A-Za-z0-9_-]+$`)

// New makes an adapter; it does not connect. Errors do not contain the token.
func New(o Options) (*Adapter, error) {
	token := strings.TrimSpace(o.Token.Reveal())
	if !tokenShape.MatchString(token) {
		return nil, errors.New("telegram: the token does not look like one from @BotFather (digits, a colon, letters)")
	}
	apiURL, err := checkAPIURL(orDefault(o.APIURL, DefaultAPIURL))
	if err != nil {
		return nil, err
	}
	a := &Adapter{
		apiURL:      apiURL,
		commands:    o.Commands,
		log:         o.Logger,
		clock:       o.Clock,
		tele:        newTransport(bots.NewToken(services.Secret(token), o.ReadToken), o.Dial),
		pollTimeout: orDefault(o.PollTimeout, 50*time.Second),
		callTimeout: orDefault(o.CallTimeout, time.Minute),
		pauses: pauses{
			min:    orDefault(o.MinPause, time.Second),
			max:    orDefault(o.MaxPause, time.Minute),
			random: rand.Float64,
		},
		pace: newPace(orDefault(o.ChatRate, 1), orDefault(o.TotalRate, 30)),
		sent: newSentKeys(rememberedKeys),
	}
	a.refused = pauses{min: a.pauses.min, max: max(a.pauses.max, orDefault(o.RefusedPause, 10*time.Minute)), random: rand.Float64}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if a.clock == nil {
		a.clock = services.ClockFunc(time.Now)
	}
	a.tele.now = a.clock.Now
	return a, nil
}

// Network returns [Network].
func (a *Adapter) Network() string { return Network }

// Health is a plain sentence on a lasting trouble with receiving; "" when
// all is well.
func (a *Adapter) Health() string { return a.trouble.sentence() }

// ReceiveErrors is how many attempts to receive failed and were repeated.
func (a *Adapter) ReceiveErrors() uint64 { return a.failed.Load() }

// ClockAhead is how far this machine's clock is ahead of Telegram's.
func (a *Adapter) ClockAhead() time.Duration { return a.tele.clock.Ahead() }

// EditsQuietly implements [bots.Editor]: an edit does not ring.
func (a *Adapter) EditsQuietly() {}

// Close drops idle connections. Use it after Receive has returned and nothing
// is sent any more.
func (a *Adapter) Close() { a.tele.base.CloseIdleConnections() }

// bot returns a telebot whose calls end with ctx.
func (a *Adapter) bot(ctx context.Context) (*tele.Bot, error) {
	b, err := tele.NewBot(tele.Settings{
		URL:         a.apiURL,
		Token:       placeholder,
		Updates:     1, // the channel is unused
		Offline:     true,
		Synchronous: true,
		Client:      &http.Client{Transport: boundTransport{ctx: ctx, transport: a.tele}},
	})
	if err != nil {
		return nil, fmt.Errorf("telegram: set up a call: %w", err)
	}
	return b, nil
}

// call runs fn with a bot bound to ctx and the call timeout, and cleans its
// error of telebot's wrapping.
func (a *Adapter) call(ctx context.Context, fn func(*tele.Bot) error) error {
	return a.callWithin(ctx, a.callTimeout, fn)
}

func (a *Adapter) callWithin(ctx context.Context, patience time.Duration, fn func(*tele.Bot) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	b, err := a.bot(ctx)
	if err != nil {
		return err
	}
	return clean(fn(b))
}

// CheckAPIURL says what is wrong with the address of a Bot API server.
func CheckAPIURL(raw string) error {
	_, err := checkAPIURL(raw)
	return err
}

// checkAPIURL refuses addresses over which the token would travel readably.
func checkAPIURL(raw string) (string, error) {
	u, err := url.Parse(strings.TrimRight(raw, "/"))
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("telegram: the API URL must look like https://host or https://host/path")
	}
	switch u.Scheme {
	case "https":
		return u.String(), nil
	case "http":
		if nearby(u.Hostname()) {
			return u.String(), nil
		}
		return "", errors.New("telegram: plain http is for onion addresses and the own network only; use https")
	}
	return "", errors.New("telegram: the API URL must begin with https://")
}

// nearby reports whether plain http to host does not cross the open internet.
func nearby(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback() || ip.IsPrivate()
	}
	return strings.HasSuffix(host, ".onion") || !strings.Contains(host, ".")
}

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}
