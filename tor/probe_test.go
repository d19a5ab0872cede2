package tor

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"onionbot/services"
)

// fakeSOCKS is a SOCKS port. For each connection that asks for something it
// calls serve, with the login and the destination.
func fakeSOCKS(t *testing.T, serve func(conn net.Conn, user, host string)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				r := bufio.NewReader(conn)
				read := func(n byte) string {
					buf := make([]byte, n)
					_, _ = io.ReadFull(r, buf)
					return string(buf)
				}
				read(3)
				_, _ = conn.Write([]byte{5, 2})
				user := read(read(2)[1])
				read(read(1)[0])
				_, _ = conn.Write([]byte{1, 0})
				host := read(read(5)[4])
				read(2)
				serve(conn, user, host)
			}()
		}
	}()
	return l.Addr().String()
}

// answer accepts the connection and says this.
func answer(text string) func(net.Conn, string, string) {
	return func(conn net.Conn, _, _ string) {
		_, _ = conn.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
		_, _ = io.WriteString(conn, text)
		_, _ = io.Copy(io.Discard, conn)
	}
}

// refuse refuses the connection with a code.
func refuse(code byte) func(net.Conn, string, string) {
	return func(conn net.Conn, _, _ string) {
		_, _ = conn.Write([]byte{5, code, 0, 1, 0, 0, 0, 0, 0, 0})
	}
}

// proberPool is a pool of two tors; the onion is on the first.
func proberPool(t *testing.T, socks string) (*Pool, *fakeTor, string) {
	t.Helper()
	host, prober := newFakeTor(t), newFakeTor(t)
	prober.socks = socks
	spec := testSpec(t, "alice")
	host.onions = []string{idOf(spec)}
	return openFakes(t, Options{}, host, prober), prober, spec.Onion.Address
}

func TestProbeKnowsWhatAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		kind services.ProbeKind
		text string
		ok   bool
	}{
		"page":            {services.ProbeHTTP, "HTTP/1.1 200 OK\r\n\r\nhello", true},
		"forbidden page":  {services.ProbeHTTP, "HTTP/1.1 403 Forbidden\r\n\r\n", true},
		"broken server":   {services.ProbeHTTP, "HTTP/1.1 502 Bad Gateway\r\n\r\n", false},
		"not http":        {services.ProbeHTTP, "SSH-2.0-x\r\n", false},
		"endless line":    {services.ProbeHTTP, strings.Repeat("x", 10000), false},
		"ssh":             {services.ProbeSSH, "SSH-2.0-OpenSSH\r\n", true},
		"ssh with a word": {services.ProbeSSH, "welcome\r\nSSH-2.0-OpenSSH\r\n", true},
		"not ssh":         {services.ProbeSSH, strings.Repeat("no\r\n", 100), false},
		"tcp":             {services.ProbeTCP, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			p, _, addr := proberPool(t, fakeSOCKS(t, answer(c.text)))
			if err := p.Probe(soon(t), services.Onion{Address: addr}, 80, c.kind); (err == nil) != c.ok {
				t.Errorf("probe = %v", err)
			}
		})
	}
}

func TestProbesNeverShareACircuit(t *testing.T) {
	users := make(chan string, 10)
	p, _, addr := proberPool(t, fakeSOCKS(t, func(conn net.Conn, user, host string) {
		users <- user
		answer("")(conn, user, host)
	}))
	for range 2 {
		if err := p.Probe(soon(t), services.Onion{Address: addr}, 80, services.ProbeTCP); err != nil {
			t.Fatal(err)
		}
	}
	if a, b := take(t, users), take(t, users); a == b {
		t.Errorf("both probes log in as %q", a)
	}
}

func TestFailedProbeSaysWhatIsKnown(t *testing.T) {
	hangUp := func(net.Conn, string, string) {}
	silent := func(conn net.Conn, _, _ string) { _, _ = io.Copy(io.Discard, conn) }
	opened := func(text string) func(net.Conn, string, string) {
		return func(conn net.Conn, _, _ string) {
			_, _ = io.WriteString(conn, "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"+text)
		}
	}
	for name, c := range map[string]struct {
		serve    func(net.Conn, string, string)
		liveness string
		joined   bool
		want     services.Code
	}{
		"no descriptor":             {serve: refuse(0xF0), want: services.CodeClosed},
		"no introduction":           {serve: refuse(0xF2), want: services.CodeClosed},
		"no descriptor, no network": {serve: refuse(0xF0), liveness: "down", want: services.CodeUnavailable},
		"rendezvous timed out":      {serve: refuse(0xF3), want: services.CodeInternal},
		"introduction timed out":    {serve: refuse(0xF7), want: services.CodeInternal},
		"no key":                    {serve: refuse(0xF4), want: services.CodeUnavailable},
		"refused by the service":    {serve: refuse(0x05), joined: true, want: services.CodeBusy},
		"not taken by the service":  {serve: refuse(0x01), joined: true, want: services.CodeBusy},
		"failed on the way":         {serve: refuse(0x01), want: services.CodeInternal},
		"closed before a word":      {serve: opened(""), want: services.CodeBusy},
		"closed within a word":      {serve: opened("HTT"), want: services.CodeInternal},
		"full":                      {serve: opened("HTTP/1.1 503 Service Unavailable\r\n"), want: services.CodeBusy},
		"broken":                    {serve: opened("HTTP/1.1 500 Internal Server Error\r\n"), want: services.CodeInternal},
		"cut off before it opened":  {serve: silent, joined: true, want: services.CodeInternal},
		"cut off after it opened":   {serve: answer(""), joined: true, want: services.CodeInternal},
		"tor hangs up":              {serve: hangUp, want: services.CodeUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			var login atomic.Value
			p, prober, addr := proberPool(t, fakeSOCKS(t, func(conn net.Conn, user, host string) {
				login.Store(user)
				c.serve(conn, user, host)
			}))
			prober.with(func() {
				prober.script = func(line string) string {
					switch {
					case line == "GETINFO network-liveness" && c.liveness != "":
						return "250-network-liveness=" + c.liveness + "\n250 OK"
					case line == "GETINFO circuit-status" && c.joined:
						return fmt.Sprintf("250-circuit-status=7 BUILT $A PURPOSE=HS_CLIENT_REND HS_STATE=HSCR_JOINED"+
							" REND_QUERY=%s SOCKS_USERNAME=\"%s\" SOCKS_PASSWORD=\"-\"\n250 OK", strings.TrimSuffix(addr, ".onion"), login.Load())
					}
					return ""
				}
			})
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			if err := p.Probe(ctx, services.Onion{Address: addr}, 80, services.ProbeHTTP); services.CodeOf(err) != c.want {
				t.Errorf("probe = %v; want %q", err, c.want)
			}
		})
	}
}

func TestProberForgetsBeforeItTriesAgain(t *testing.T) {
	p, prober, addr := proberPool(t, fakeSOCKS(t, refuse(0xF0)))
	newnyms := func() int {
		n := 0
		for len(prober.said) > 0 {
			if <-prober.said == "SIGNAL NEWNYM" {
				n++
			}
		}
		return n
	}
	for i, want := range []int{0, 1} {
		if err := p.Probe(soon(t), services.Onion{Address: addr}, 80, services.ProbeHTTP); err == nil {
			t.Fatal("opened")
		}
		if n := newnyms(); n != want {
			t.Errorf("probe %d: %d NEWNYM; want %d", i+1, n, want)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel() // tor heeds no second one within ten seconds, so this cannot be tried
	if err := p.Probe(ctx, services.Onion{Address: addr}, 80, services.ProbeHTTP); !services.IsCode(err, services.CodeUnavailable) {
		t.Errorf("third probe = %v", err)
	}
}

func TestProbeNeverGoesThroughTheHostWhileThereIsAnother(t *testing.T) {
	p, prober, addr := proberPool(t, fakeSOCKS(t, answer("")))
	prober.die()
	untilState(t, p, prober, stateDead)
	if err := p.Probe(soon(t), services.Onion{Address: addr}, 80, services.ProbeTCP); !services.IsCode(err, services.CodeUnavailable) {
		t.Errorf("probe without a prober = %v", err)
	}
}

func TestVisitsOfTheProbeComeThroughVaryingTors(t *testing.T) {
	through := map[string]int{}
	var mu sync.Mutex
	host, spec := newFakeTor(t), testSpec(t, "alice")
	host.onions = []string{idOf(spec)}
	tors := []*fakeTor{host}
	for _, name := range []string{"a", "b", "c"} {
		prober := newFakeTor(t)
		prober.socks = fakeSOCKS(t, func(conn net.Conn, user, h string) {
			mu.Lock()
			through[name]++
			mu.Unlock()
			answer("")(conn, user, h)
		})
		tors = append(tors, prober)
	}
	p := openFakes(t, Options{}, tors...)
	for range 100 {
		if err := p.Probe(soon(t), spec.Onion, 80, services.ProbeTCP); err != nil {
			t.Fatal(err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	for _, name := range []string{"a", "b", "c"} {
		if through[name] == 0 {
			t.Errorf("of 100 probes none came through %s: %v", name, through)
		}
	}
}

func TestOnionThatShouldBeGoneIsVisitedAgainWhileTheFirstVisitHangs(t *testing.T) {
	t.Parallel() // with those that wait for real tors: it lasts
	var visits atomic.Int32
	host, prober := newFakeTor(t), newFakeTor(t)
	prober.socks = fakeSOCKS(t, func(conn net.Conn, user, h string) {
		if visits.Add(1) == 1 {
			_, _ = io.Copy(io.Discard, conn) // its word was taken, and nobody comes
			return
		}
		refuse(0xF2)(conn, user, h)
	})
	host.socks = prober.socks // whichever is chosen
	p := openFakes(t, Options{}, host, prober)
	if err := p.Probe(soon(t), testSpec(t, "").Onion, 80, services.ProbeTCP); !services.IsCode(err, services.CodeClosed) {
		t.Errorf("probe = %v", err)
	}
}

func TestDialerIsolatesAndDials(t *testing.T) {
	users := make(chan string, 10)
	host := newFakeTor(t)
	host.socks = fakeSOCKS(t, func(conn net.Conn, user, h string) {
		users <- user + " " + h
		answer("hi")(conn, user, h)
	})
	p := openFakes(t, Options{}, host)
	conn, err := p.Dialer("mastodon/bot")(soon(t), "tcp", "example.com:443")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if got := take(t, users); got != "client-mastodon/bot example.com" {
		t.Errorf("dialled as %q", got)
	}
	buf := make([]byte, 2)
	if _, err := io.ReadFull(conn, buf); err != nil || string(buf) != "hi" {
		t.Errorf("read %q, %v", buf, err)
	}
	host.die()
	untilState(t, p, host, stateDead)
	if _, err := p.Dialer("x")(soon(t), "tcp", "example.com:443"); !services.IsCode(err, services.CodeUnavailable) {
		t.Errorf("dial without a tor = %v", err)
	}
}
