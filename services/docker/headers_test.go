package docker

import (
	"bufio"
	"io"
	"maps"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"onionbot/services"
)

// forbidden are headers that no answer has.
var forbidden = []string{ //nolint:gochecknoglobals // a table
	"Date", "Server", "Last-Modified", "Etag", "Expires", "Age", "Via", "X-Powered-By", "X-Request-Id", "Server-Timing", "Alt-Svc",
}

// version is what a version looks like.
var version = regexp.MustCompile(`[0-9]+\.[0-9]+\.[0-9]+|/[0-9]+\.[0-9]+`)

// questions are asked of every service that is opened in a browser.
var questions = []string{ //nolint:gochecknoglobals // a table
	"GET / HTTP/1.1", "HEAD / HTTP/1.1", "GET / HTTP/1.0", "GET /none HTTP/1.1", "GET /..%2f HTTP/1.1", "POST / HTTP/1.1", "PUT /x HTTP/1.1",
	"OPTIONS * HTTP/1.1", "TRACE / HTTP/1.1", "nonsense", "GET / HTTP/9.9",
}

// What an answer tells is the same for all of a kind, and nothing of the clock,
// the program or the host.
func TestHeadersTellNothingOfTheHost(t *testing.T) {
	for _, d := range web(t) {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			r := open(t)
			one := launch(t, r, services.ContainerSpec{Definition: d})
			two := launch(t, r, services.ContainerSpec{Definition: d})
			wantPage(t, r, one, 2*patience) // they are up
			wantPage(t, r, two, 2*patience)
			for _, ask := range questions {
				h := headers(t, r, one, ask)
				wantNothingTelling(t, ask, h)
				if other := headers(t, r, two, ask); !maps.EqualFunc(h, other, slices.Equal[[]string]) {
					t.Errorf("%s: two can be told apart by %v and %v", ask, h, other)
				}
			}
			for _, name := range []string{"Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options"} {
				if headers(t, r, one, questions[0]).Get(name) == "" {
					t.Errorf("no %s", name)
				}
			}
		})
	}
}

func wantNothingTelling(t *testing.T, ask string, h http.Header) {
	t.Helper()
	for name, values := range h {
		text := strings.Join(values, " ")
		if slices.Contains(forbidden, name) || strings.Contains(text, "onionbot") || version.MatchString(text) {
			t.Errorf("%s: %s: %s", ask, name, text)
		}
	}
}

// headers are those of one answer; none if there was no answer. What is given to
// one visitor alone is left out.
func headers(t *testing.T, r *Runtime, spec services.ContainerSpec, ask string) http.Header {
	t.Helper()
	conn, err := net.Dial("unix", r.Target(spec.ID, spec.Definition.Ports[0]))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(conn, ask+"\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return http.Header{}
	}
	_ = res.Body.Close()
	res.Header.Del("Set-Cookie")
	return res.Header
}
