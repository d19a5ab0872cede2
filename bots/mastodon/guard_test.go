package mastodon_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"onionbot/bots/mastodon"
	"onionbot/bots/mastodon/mastodontest"
)

func TestTheTokenNeverFollowsARedirect(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("a request went elsewhere: %s %s, token %q", r.Method, r.URL, r.Header.Get("Authorization"))
	}))
	defer elsewhere.Close()
	s := mastodontest.New(t, mastodontest.Mastodon45)
	a := newAdapter(t, s, nil)
	out := outgoing(s, s.AddAccount("alice"), "reply/1", "hello")
	for _, status := range []int{301, 302, 307, 308} {
		s.Fault(mastodontest.Fault{Status: status, Header: map[string]string{"Location": elsewhere.URL}})
		if f := sendFailure(t, a, out); f.Permanent || f.Unwelcome {
			t.Errorf("%d: %+v", status, f)
		}
	}
}

func TestTheTokenPrintsNowhere(t *testing.T) {
	s := mastodontest.New(t, mastodontest.Mastodon45)
	o := mastodon.Options{Server: s.URL, Token: mastodontest.Token}
	a, err := mastodon.New(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{a, o, &o} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
			if strings.Contains(fmt.Sprintf(format, v), mastodontest.Token) {
				t.Errorf("%s of %T holds the token", format, v)
			}
		}
	}
}

func TestServersThatWouldSeeTheTokenInTheClearAreRefused(t *testing.T) {
	onion := strings.Repeat("a", 56) + ".onion"
	for server, ok := range map[string]bool{
		"https://mastodon.example":           true,
		"mastodon.example":                   true,
		"http://" + onion:                    true,
		onion:                                true,
		"http://mastodon.example":            false,
		"http://onion.evil.example":          false,
		"https://u:p@mastodon.example":       false,
		"ftp://mastodon.example":             false,
		"https://mastodon.example?x=1":       false,
		"":                                   false,
		"http://localhost:8081":              true,
		"http://LOCALHOST:8081/":             true,
		"http://fedi.localhost":              true,
		"http://127.0.0.1:8081":              true,
		"http://[::1]:8081":                  true,
		"http://localhost.example":           false,
		"http://10.0.0.7":                    false,
		"http://mastodon.example/.onion":     false,
		"https://mastodon.example/some/path": true,
	} {
		_, err := mastodon.New(mastodon.Options{Server: server, Token: "t"})
		if (err == nil) != ok {
			t.Errorf("%q: %v", server, err)
		}
	}
}

func TestEveryConnectionGoesThroughTheDialer(t *testing.T) {
	s := mastodontest.New(t, mastodontest.Mastodon45)
	onion := strings.Repeat("b", 56) + ".onion"
	var dialed []string
	a := newAdapter(t, s, func(o *mastodon.Options) {
		o.Server = "http://" + onion
		o.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			dialed = append(dialed, addr)
			return (&net.Dialer{}).DialContext(ctx, network, strings.TrimPrefix(s.URL, "http://"))
		}
	})
	send(t, a, outgoing(s, s.AddAccount("alice"), "reply/1", "hello"))
	for _, addr := range dialed {
		if addr != onion+":80" {
			t.Errorf("dialed %s", addr)
		}
	}
	if len(dialed) == 0 {
		t.Error("the dialer was not used")
	}
}

func TestIdempotencyKeysTravel(t *testing.T) {
	s := mastodontest.New(t, mastodontest.Mastodon45)
	send(t, newAdapter(t, s, nil), outgoing(s, s.AddAccount("alice"), "reply/mastodon/812", "hello"))
	last := s.Requests()[len(s.Requests())-1]
	if got := last.Header.Get("Idempotency-Key"); got != "reply/mastodon/812" || last.Method != "POST" {
		t.Errorf("%s with key %q", last.Method, got)
	}
}
