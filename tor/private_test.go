package tor

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"onionbot/services"
)

func privateSpec(t *testing.T) services.OnionSpec {
	t.Helper()
	spec := testSpec(t, "alice")
	spec.Onion.Clients = []services.Client{{Person: "bob", Key: strings.Repeat("B", 52)}}
	return spec
}

// checkAdditions fails if the tor was ever asked to add an onion with less than
// all that closes it.
func checkAdditions(t *testing.T, asked []string, spec services.OnionSpec) {
	t.Helper()
	for _, line := range asked {
		words := strings.Fields(line)
		flagged := slices.ContainsFunc(words, func(w string) bool {
			return strings.HasPrefix(w, "Flags=") && slices.Contains(strings.Split(w[len("Flags="):], ","), "V3Auth")
		})
		for _, c := range spec.Onion.Clients {
			if !flagged || !slices.Contains(words, "ClientAuthV3="+c.Key) {
				t.Errorf("a private onion was given to a tor as: %s", line[strings.Index(line, "Flags="):])
			}
		}
	}
}

func TestPrivateOnionThatWasFoundIsAddedAnewWithItsClients(t *testing.T) {
	f := newFakeTor(t)
	asked := additions(f, func(string) bool { return true })
	spec := privateSpec(t)
	f.with(func() { f.onions = []string{idOf(spec)} }) // nobody knows whom it lets in
	p := openFakes(t, Options{}, f)
	if s, err := p.Status(soon(t), spec.Onion.Address); err != nil || s.Admits != "" || s.Guarded {
		t.Errorf("status of what was found = %+v, %v", s, err)
	}
	if err := p.Publish(soon(t), spec); err != nil {
		t.Fatal(err)
	}
	if len(*asked) != 1 {
		t.Fatalf("added %d times", len(*asked))
	}
	checkAdditions(t, *asked, spec)
	revoked := spec
	revoked.Onion.Clients = []services.Client{{Person: "ana", Key: strings.Repeat("C", 52)}}
	if err := p.Publish(soon(t), revoked); err != nil {
		t.Fatal(err)
	}
	checkAdditions(t, (*asked)[1:], revoked)
	if last := (*asked)[len(*asked)-1]; len(*asked) != 2 || strings.Contains(last, spec.Onion.Clients[0].Key) {
		t.Error("who was revoked is still a client")
	}
}

func TestTorThatRefusesAuthorisationIsNeverAskedWithout(t *testing.T) {
	f := newFakeTor(t)
	asked := additions(f, func(word string) bool { return !strings.Contains(word, "V3Auth") })
	p := openFakes(t, Options{}, f)
	spec := privateSpec(t)
	if err := p.Publish(soon(t), spec); err == nil {
		t.Error("published")
	}
	if checkAdditions(t, *asked, spec); len(*asked) == 0 {
		t.Error("nothing was asked")
	}
}

func TestNoMoreClientsThanFitBesideTheProbe(t *testing.T) {
	f := newFakeTor(t)
	p := openFakes(t, Options{}, f)
	spec := privateSpec(t)
	for range services.MaxClients {
		spec.Onion.Clients = append(spec.Onion.Clients, spec.Onion.Clients[0])
	}
	if err := p.Publish(soon(t), spec); err == nil {
		t.Error("published with one client too many")
	}
}

// The bot is cut off at each request in turn, before tor acts on it and after,
// and another one takes over.
func TestPrivateOnionIsClosedAtEveryCrashPoint(t *testing.T) {
	for point := 0; ; point++ {
		spec, asked, reached := privateSpec(t), []string{}, false
		f := newFakeTor(t)
		requests := 0
		f.script = func(line string) string {
			if strings.HasPrefix(line, "ADD_ONION ") {
				asked = append(asked, line)
			}
			if strings.HasPrefix(line, "GETINFO") {
				return ""
			}
			requests++
			if requests-1 != point/2 {
				return ""
			}
			if reached = true; point%2 == 1 && strings.HasPrefix(line, "ADD_ONION ") {
				f.onions = append(f.onions, idOf(spec))
			}
			if point%2 == 1 && strings.HasPrefix(line, "DEL_ONION ") {
				f.onions = nil
			}
			return "hang"
		}
		f.onions = []string{idOf(spec)}
		first := openFor(t, f)
		if first != nil {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_ = first.Publish(ctx, spec)
			cancel()
			_ = first.Close()
		}
		f.with(func() { requests = 1 << 20 })
		second := openFor(t, f)
		if err := second.Publish(soon(t), spec); err != nil {
			t.Errorf("point %d: %v", point, err)
		}
		if s, err := second.Status(soon(t), spec.Onion.Address); err != nil || s.Admits != spec.Onion.Admits() {
			t.Errorf("point %d: status = %+v, %v", point, s, err)
		}
		_ = second.Close()
		checkAdditions(t, asked, spec)
		if !reached {
			if point < 8 {
				t.Errorf("only %d points", point)
			}
			return
		}
	}
}

// openFor opens a pool that does not wait long for an answer.
func openFor(t *testing.T, f *fakeTor) *Pool {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	p, err := Open(ctx, Options{
		StateDir: t.TempDir(), RunDir: "/tmp", ControlSockets: []string{f.socket}, TorPath: "/nonexistent/tor", CallTimeout: 50 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestKeyOfTheProbeIsWithATorOnlyWhileItProbes(t *testing.T) {
	for name, serve := range map[string]func(net.Conn, string, string){"opens": answer(""), "fails": refuse(0xF0)} {
		t.Run(name, func(t *testing.T) {
			spec := privateSpec(t)
			prober := newFakeTor(t)
			prober.socks = fakeSOCKS(t, func(conn net.Conn, user, host string) {
				prober.said <- "VISIT"
				serve(conn, user, host)
			})
			p := openFakes(t, Options{}, newFakeTor(t), prober)
			p.members[0].socks = "" // so that this one is not chosen
			_ = p.Probe(soon(t), spec.Onion, 80, services.ProbeTCP)
			var said []string
			for len(prober.said) > 0 {
				if word := strings.Fields(<-prober.said)[0]; word == "VISIT" || strings.HasPrefix(word, "ONION_CLIENT") {
					said = append(said, word)
				}
			}
			if got := fmt.Sprint(said); !strings.HasPrefix(got, "[ONION_CLIENT_AUTH_ADD VISIT") || !strings.HasSuffix(got, "ONION_CLIENT_AUTH_REMOVE]") {
				t.Error(got)
			}
		})
	}
}

func TestOnlyALackOfTheKeyShowsThatStrangersAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		serve func(net.Conn, string, string)
		want  services.Code
	}{
		"no key":                 {refuse(0xF4), ""},
		"opens":                  {answer(""), services.CodeExposed},
		"introduction refused":   {refuse(0xF2), services.CodeExposed},
		"introduction timed out": {refuse(0xF7), services.CodeExposed},
		"rendezvous timed out":   {refuse(0xF3), services.CodeExposed},
		"no descriptor":          {refuse(0xF0), services.CodeClosed},
		"some failure":           {refuse(0x04), services.CodeInternal},
		"a key that is wrong":    {refuse(0xF5), services.CodeUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			spec := privateSpec(t)
			host, other := newFakeTor(t), newFakeTor(t)
			other.socks = fakeSOCKS(t, c.serve)
			other.with(func() { other.onions = []string{"x", "y"} }) // so that the first is the less loaded
			p := openFakes(t, Options{}, host, other)
			if err := p.Publish(soon(t), spec); err != nil {
				t.Fatal(err)
			}
			if err := p.Guard(soon(t), spec.Onion, 80); services.CodeOf(err) != c.want {
				t.Errorf("guard = %v; want %q", err, c.want)
			}
			s, err := p.Status(soon(t), spec.Onion.Address)
			if err != nil || s.Guarded != (c.want == "") || (s.State == services.OnionAbsent) != (c.want == services.CodeExposed) {
				t.Errorf("status = %+v, %v", s, err)
			}
			if said := drain(other.said); c.want == "" && !slices.Contains(said, "SIGNAL NEWNYM") {
				t.Errorf("the tor was not made to forget: %q", said)
			}
		})
	}
}

func TestStrangerWaitsUntilNoGuestUsesTheSameTor(t *testing.T) {
	spec := privateSpec(t)
	inside, leave := make(chan struct{}), make(chan struct{})
	host, other := newFakeTor(t), newFakeTor(t)
	other.socks = fakeSOCKS(t, func(conn net.Conn, user, h string) {
		close(inside)
		<-leave
		answer("")(conn, user, h)
	})
	host.with(func() { host.onions = []string{idOf(spec)} })
	p := openFakes(t, Options{}, host, other)
	done := make(chan error, 1)
	go func() { done <- p.Probe(soon(t), spec.Onion, 80, services.ProbeTCP) }()
	take(t, inside)
	if err := p.Guard(soon(t), spec.Onion, 80); !services.IsCode(err, services.CodeUnavailable) {
		t.Errorf("guard beside a guest = %v", err)
	}
	close(leave)
	if err := take(t, done); err != nil {
		t.Error(err)
	}
}

func drain(ch <-chan string) (all []string) {
	for len(ch) > 0 {
		all = append(all, <-ch)
	}
	return all
}
