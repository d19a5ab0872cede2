package mastodon

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	mastodon "github.com/mattn/go-mastodon"

	"onionbot/bots"
	"onionbot/services"
)

// Network is the name of this network.
const Network = "mastodon"

// DialFunc opens connections: through tor, or directly.
type DialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// Options configure an [Adapter].
type Options struct {
	Server string          // "https://mastodon.example" or "http://….onion"
	Token  services.Secret // the access token that [Login] wrote
	Dial   DialFunc        // nil = direct
	// ReadToken reads the token again from where it came, when the server
	// refuses the one that is known; may be nil.
	ReadToken func() (services.Secret, error)
	Logger    *slog.Logger   // nil = slog.Default
	Clock     services.Clock // nil = time.Now

	PollInterval   time.Duration // between polls when nothing happens; 0 = 5 s
	RequestTimeout time.Duration // of one call; 0 = 60 s
	ContentWarning string        // shown above every reply; "" for none
	Language       string        // ISO 639 tag of the replies; "" = "en"

	// Actor is the pinned actor of an account id, "" for none; see [Identity].
	// It may be nil.
	Actor func(account string) string
}

// Adapter is one bot account on one server.
type Adapter struct {
	client   *mastodon.Client
	media    *http.Client
	base     *url.URL
	limits   *rateLimits
	token    *bots.Token
	clock    services.Clock
	server   *bots.ServerClock
	log      *slog.Logger
	interval time.Duration
	timeout  time.Duration
	warning  string
	language string
	loopback bool // the server is on this machine, and so may its media be
	actor    func(account string) string

	health atomic.Pointer[string]
	failed atomic.Uint64 // attempts to receive

	mu         sync.Mutex // guards what follows
	self       mastodon.ID
	instance   *instance
	instanceAt time.Time
	recipients map[string]recipient
	sent       map[mastodon.ID]string // our posts of this run, and their keys
	sentOrder  []mastodon.ID
}

var (
	_ bots.Adapter        = (*Adapter)(nil)
	_ bots.ReceiveCounter = (*Adapter)(nil)
	_ bots.Clocked        = (*Adapter)(nil)
)

// New checks the options and makes an adapter. It does not talk to the server.
func New(o Options) (*Adapter, error) {
	base, err := parseServer(o.Server)
	if err != nil {
		return nil, err
	}
	if o.Token == "" {
		return nil, fmt.Errorf("mastodon: no access token; run: onionbot mastodon login %s", base)
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.PollInterval <= 0 {
		o.PollInterval = 5 * time.Second
	}
	if o.RequestTimeout <= 0 {
		o.RequestTimeout = time.Minute
	}
	if o.Actor == nil {
		o.Actor = func(string) string { return "" }
	}
	if o.Language == "" {
		o.Language = "en"
	}
	token := bots.NewToken(o.Token, o.ReadToken)
	g := newGuard(base, token, o.Dial, o.Clock)
	return &Adapter{
		client:     newClient(base, g),
		media:      newMediaClient(o.Dial, isLoopback(base.Hostname())),
		base:       base,
		limits:     g.limits,
		token:      token,
		clock:      g.clock,
		server:     &g.server,
		log:        o.Logger,
		interval:   o.PollInterval,
		timeout:    o.RequestTimeout,
		warning:    o.ContentWarning,
		language:   o.Language,
		loopback:   isLoopback(base.Hostname()),
		actor:      o.Actor,
		recipients: make(map[string]recipient),
		sent:       make(map[mastodon.ID]string),
	}, nil
}

// Check asks once whether the server is there and takes the token. Its error is
// a sentence with what to do.
func (a *Adapter) Check(ctx context.Context) error {
	var self wireSelf
	err := callAPI(ctx, a.client, http.MethodGet, "/api/v1/accounts/verify_credentials", nil, &self)
	switch {
	case err == nil:
		return nil
	case refused(err):
		return fmt.Errorf("%s refuses the access token; make a new one with: onionbot mastodon login", a.base.Host)
	}
	return fmt.Errorf("%s cannot be reached: %w", a.base.Host, err)
}

// Network is "mastodon".
func (a *Adapter) Network() string { return Network }

// Health is a sentence on a lasting trouble with the server, "" when all is well.
func (a *Adapter) Health() string {
	if s := a.health.Load(); s != nil {
		return *s
	}
	return ""
}

// ReceiveErrors is how many attempts to receive failed and were repeated.
func (a *Adapter) ReceiveErrors() uint64 { return a.failed.Load() }

// ClockAhead is how far this machine's clock is ahead of the server's.
func (a *Adapter) ClockAhead() time.Duration { return a.server.Ahead() }

func (a *Adapter) setHealth(sentence string) { a.health.Store(&sentence) }

// call bounds one request.
func (a *Adapter) call(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, a.timeout)
}

// whoAmI returns the bot's own account id, asked once.
func (a *Adapter) whoAmI(ctx context.Context) (mastodon.ID, error) {
	a.mu.Lock()
	self := a.self
	a.mu.Unlock()
	if self != "" {
		return self, nil
	}
	ctx, cancel := a.call(ctx)
	defer cancel()
	account, err := a.client.GetAccountCurrentUser(ctx)
	if err != nil {
		return "", fmt.Errorf("who am I: %w", err)
	}
	if account.ID == "" {
		return "", fmt.Errorf("who am I: %w", errNotAPI)
	}
	a.mu.Lock()
	a.self = account.ID
	a.mu.Unlock()
	return account.ID, nil
}
