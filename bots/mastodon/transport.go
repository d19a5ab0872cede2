package mastodon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	mastodon "github.com/mattn/go-mastodon"

	"onionbot/bots"
	"onionbot/services"
)

// maxAnswer bounds one answer of the API, in bytes.
const maxAnswer = 16 << 20

// userAgent says no more than any other client says.
const userAgent = "onionbot"

var (
	// errElsewhere: something tried to send the token to another host.
	errElsewhere = errors.New("refused to talk to another host than the configured server")
	// errNotAPI: an answer that did not come from a Mastodon API, such as the
	// web page of a proxy in between.
	errNotAPI = errors.New("the answer is not from a Mastodon API")
)

type idempotencyKey struct{}

// withIdempotencyKey makes the requests of ctx carry the key.
func withIdempotencyKey(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, idempotencyKey{}, key)
}

// newClient makes a client that speaks to base only. The library never gets
// to know the token, so no error of its can hold it.
func newClient(base *url.URL, g *guard) *mastodon.Client {
	c := mastodon.NewClient(&mastodon.Config{Server: base.String()})
	c.UserAgent = userAgent
	c.Client = http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     g,
	}
	return c
}

// guard is the only way to the server: it holds the token, the host, and what
// the library lacks (idempotency keys, rate limits, errors instead of blind
// retries).
type guard struct {
	base   *url.URL
	token  *bots.Token
	limits *rateLimits
	clock  services.Clock // this machine's
	server bots.ServerClock
	next   http.RoundTripper
}

func newGuard(base *url.URL, token *bots.Token, dial DialFunc, clock services.Clock) *guard {
	if clock == nil {
		clock = services.ClockFunc(time.Now)
	}
	return &guard{
		base:   base,
		token:  token,
		limits: &rateLimits{},
		clock:  clock,
		next:   newTransport(dial),
	}
}

// newTransport never uses a proxy from the environment: the dialer decides.
func newTransport(dial DialFunc) *http.Transport {
	if dial == nil {
		dial = (&net.Dialer{Timeout: 30 * time.Second}).DialContext
	}
	return &http.Transport{
		DialContext:           dial,
		TLSHandshakeTimeout:   30 * time.Second,
		ResponseHeaderTimeout: time.Minute,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConnsPerHost:   2,
		ForceAttemptHTTP2:     true,
	}
}

// RoundTrip implements [http.RoundTripper].
func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != g.base.Scheme || req.URL.Host != g.base.Host {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, errElsewhere
	}
	req = req.Clone(req.Context())
	req.Header.Del("Authorization")
	if token := g.token.Reveal(); token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	req.Header.Set("User-Agent", userAgent)
	req.Header.Set("Accept", "application/json")
	if req.Method != http.MethodGet {
		// With an idempotency key Go's transport repeats a POST by itself
		// when a connection breaks; on servers that ignore the key that posts
		// twice. Without GetBody it cannot, and the outbox decides.
		req.GetBody = nil
	}
	if key, ok := req.Context().Value(idempotencyKey{}).(string); ok && req.Method == http.MethodPost {
		req.Header.Set("Idempotency-Key", key)
	}
	resp, err := g.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	g.limits.read(resp.Header, time.Now())
	if err := refuse(resp); err != nil {
		_, _ = io.CopyN(io.Discard, resp.Body, 4<<10)
		resp.Body.Close()
		return nil, err
	}
	g.server.Heard(resp.Header, g.clock.Now()) // not before it is known who speaks
	resp.Body = &boundedBody{Reader: io.LimitReader(resp.Body, maxAnswer), Closer: resp.Body}
	return resp, nil
}

// refuse turns answers that the library misunderstands into errors.
func refuse(resp *http.Response) error {
	if resp.StatusCode == http.StatusTooManyRequests {
		return &throttledError{until: resetTime(resp.Header, time.Now())}
	}
	isJSON := strings.Contains(resp.Header.Get("Content-Type"), "json")
	switch {
	case isJSON:
		return nil
	case resp.StatusCode < 300:
		return errNotAPI
	default:
		return &proxyError{status: resp.StatusCode}
	}
}

// boundedBody is a response body with an end.
type boundedBody struct {
	io.Reader
	io.Closer
}

// throttledError is the server's 429.
type throttledError struct{ until time.Time }

func (e *throttledError) Error() string {
	return "the server asks to slow down until " + e.until.UTC().Format(time.TimeOnly) + " UTC"
}

// proxyError is a failure without the API's JSON: from something in front of
// the server, so it says nothing about our token or our message.
type proxyError struct{ status int }

func (e *proxyError) Error() string {
	return fmt.Sprintf("no API at the server: %d %s", e.status, http.StatusText(e.status))
}
