package telegram_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"onionbot/bots/telegram"
	"onionbot/bots/telegram/telegramtest"
)

// leaks reports whether text has the token or the secret half of it.
func leaks(text string) bool {
	_, secret, _ := strings.Cut(token, ":")
	return strings.Contains(text, secret)
}

func TestTokenIsInNoLogAndNoError(t *testing.T) {
	kinds := []telegramtest.Kind{
		telegramtest.Flood, telegramtest.Gateway, telegramtest.Broken, telegramtest.Portal, telegramtest.Redirect,
		telegramtest.Cut, telegramtest.CutAfter,
	}
	s := telegramtest.New(t, token)
	var log logs
	a := newAdapter(t, s, func(o *telegram.Options) {
		o.Logger = log.logger()
		o.Commands = []telegram.Command{{Name: "site", Description: "a site"}}
	})
	for _, k := range kinds {
		s.Fault(telegramtest.Fault{Kind: k})
	}
	s.SendFile(alice, "a.html", []byte("hi"), "start site")
	box := newInbox()
	stop := receive(t, a, box)
	m, err := a.Decode(t.Context(), box.await(t, 1)[0])
	if err != nil {
		t.Fatal(err)
	}
	s.Press(alice, "x")
	for i, k := range kinds {
		s.Fault(telegramtest.Fault{Kind: k, Method: "sendMessage"})
		_, err := a.Send(t.Context(), outgoing(fmt.Sprint(i), "x"))
		check(t, err)
		s.Fault(telegramtest.Fault{Kind: k, Method: "download"})
		_, err = readAttachment(t, m.Attachments[0])
		check(t, err)
	}
	s.Revoke()
	_, err = a.Send(t.Context(), outgoing("last", "x"))
	check(t, err)
	eventually(t, "the trouble is told", func() bool { return a.Health() != "" })
	check(t, stop())
	_, err = telegram.New(telegram.Options{Token: "not " + token})
	check(t, err)
	dead := newAdapter(t, s, func(o *telegram.Options) {
		o.Dial = func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("proxy refused bot" + token)
		}
	})
	_, err = dead.Send(t.Context(), outgoing("dead", "x"))
	check(t, err)
	for _, text := range []string{log.String(), a.Health(), fmt.Sprintf("%v %+v %#v", a, a, a), fmt.Sprintf("%+v %#v", dead, dead)} {
		if leaks(text) {
			t.Errorf("the token is in %s", text)
		}
	}
	if !strings.Contains(log.String(), "receiving failed") {
		t.Error("nothing was logged: the test proves nothing")
	}
}

// check looks for the token in an error and all that it wraps.
func check(t *testing.T, err error) {
	t.Helper()
	for ; err != nil; err = errors.Unwrap(err) {
		for _, verb := range []string{"%v", "%+v", "%#v", "%q"} {
			if text := fmt.Sprintf(verb, err); leaks(text) {
				t.Errorf("the token is in %s", text)
			}
		}
	}
}

func TestTokenIsNotSentElsewhere(t *testing.T) {
	s := telegramtest.New(t, token)
	s.Type(alice, "hi")
	s.Fault(telegramtest.Fault{Kind: telegramtest.Redirect, Method: "sendMessage"})
	a := newAdapter(t, s)
	if _, err := a.Send(t.Context(), outgoing("k", "x")); err == nil {
		t.Error("a redirect was followed")
	}
	if n := s.Calls("sendMessage"); n != 0 {
		t.Errorf("%d calls after the redirect", n)
	}
	for _, bad := range []string{"http://api.telegram.org", "http://8.8.8.8", "ftp://x", "https://", "https://u:p@host", "api.telegram.org", "https://x/?a=b"} {
		if _, err := telegram.New(telegram.Options{Token: token, APIURL: bad}); err == nil {
			t.Errorf("New accepts %q", bad)
		}
	}
	for _, good := range []string{"", "https://api.example.org/tg/", "http://127.0.0.1:1", "http://[::1]:8081", "http://botapi:8081", "http://abc.onion"} {
		if _, err := telegram.New(telegram.Options{Token: token, APIURL: good}); err != nil {
			t.Errorf("New(%q) = %v", good, err)
		}
	}
	for _, bad := range []string{"", "x", "42:", "42:a b", "42:a/../b"} {
		if _, err := telegram.New(telegram.Options{Token: telegramSecret(bad)}); err == nil {
			t.Errorf("New accepts the token %q", bad)
		}
	}
}

func TestConnectionsGoThroughDial(t *testing.T) {
	s := telegramtest.New(t, token)
	s.Type(alice, "hi")
	dialed := 0
	a := newAdapter(t, s, func(o *telegram.Options) {
		o.APIURL = "http://faraway.onion"
		o.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			dialed++
			if addr != "faraway.onion:80" {
				t.Errorf("dialled %s", addr)
			}
			return (&net.Dialer{Timeout: time.Second}).DialContext(ctx, network, strings.TrimPrefix(s.URL(), "http://"))
		}
	})
	send(t, a, outgoing("1", "x"))
	send(t, a, outgoing("2", "y"))
	if dialed != 1 {
		t.Errorf("dialled %d times, want one kept connection", dialed)
	}
}
