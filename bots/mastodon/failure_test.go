package mastodon_test

import (
	"net/http"
	"testing"
	"time"

	"onionbot/bots"
	"onionbot/bots/mastodon/mastodontest"
)

func TestFailuresAreTold(t *testing.T) {
	reset := time.Now().Add(90 * time.Second)
	for _, c := range []struct {
		name   string
		change func(s *mastodontest.Server, alice *mastodontest.Account)
		want   bots.SendError
	}{
		{
			"429 with the time", func(s *mastodontest.Server, _ *mastodontest.Account) { s.Fault(mastodontest.Throttle(1, reset)) },
			bots.SendError{RetryAfter: 90 * time.Second},
		},
		{"502", func(s *mastodontest.Server, _ *mastodontest.Account) { s.Fault(mastodontest.BadGateway(1)) }, bots.SendError{}},
		{"cut", func(s *mastodontest.Server, _ *mastodontest.Account) {
			s.Fault(mastodontest.Fault{Method: "POST", Cut: true, Times: 2})
		}, bots.SendError{}},
		{"a login page with 200", func(s *mastodontest.Server, _ *mastodontest.Account) {
			s.Fault(mastodontest.Fault{Method: "POST", Status: 200, Body: "<html>captive portal</html>"})
		}, bots.SendError{}},
		{"account deleted", func(_ *mastodontest.Server, a *mastodontest.Account) { a.Gone = true }, bots.SendError{Unwelcome: true}},
		{"account suspended", func(_ *mastodontest.Server, a *mastodontest.Account) { a.Suspended = true }, bots.SendError{Unwelcome: true}},
		{"blocked", func(_ *mastodontest.Server, a *mastodontest.Account) { a.BlocksBot = true }, bots.SendError{Unwelcome: true}},
		{"validation", func(s *mastodontest.Server, _ *mastodontest.Account) {
			s.Fault(mastodontest.Fault{Method: "POST", Status: 422, ContentType: "application/json", Body: `{"error":"Validation failed"}`})
		}, bots.SendError{Permanent: true}},
		{"frozen bot", func(s *mastodontest.Server, _ *mastodontest.Account) {
			s.Fault(mastodontest.Fault{Method: "POST", Status: 403, ContentType: "application/json", Body: `{"error":"Your login is currently disabled"}`})
		}, bots.SendError{}},
		{
			"address with a second mention in it", func(_ *mastodontest.Server, a *mastodontest.Account) { a.Acct = "alice @victim" },
			bots.SendError{Permanent: true},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := mastodontest.New(t, mastodontest.Mastodon45)
			alice := s.AddAccount("alice")
			out := outgoing(s, alice, "reply/1", "hello")
			c.change(s, alice)
			got := sendFailure(t, newAdapter(t, s, nil), out)
			if got.Permanent != c.want.Permanent || got.Unwelcome != c.want.Unwelcome ||
				(got.RetryAfter-c.want.RetryAfter).Abs() > 5*time.Second {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			if len(s.Posts()) > 0 {
				t.Errorf("posts %+v", s.Posts())
			}
		})
	}
}

func TestA429IsNotRepeatedInside(t *testing.T) {
	s := mastodontest.New(t, mastodontest.Mastodon45)
	out := outgoing(s, s.AddAccount("alice"), "reply/1", "hello")
	s.Fault(mastodontest.Throttle(1000, time.Now().Add(time.Minute)))
	sendFailure(t, newAdapter(t, s, nil), out)
	if n := len(s.Requests()); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestAPostWithAnotherReaderIsDeletedAtOnce(t *testing.T) {
	s := mastodontest.New(t, mastodontest.Mastodon45)
	s.Fault(mastodontest.Fault{
		Method: "POST", Path: "/api/v1/statuses", Status: http.StatusOK, ContentType: "application/json",
		Body: `{"id":"77","visibility":"direct","account":{"id":"1"},"mentions":[{"id":"666","acct":"victim"}]}`,
	})
	f := sendFailure(t, newAdapter(t, s, nil), outgoing(s, s.AddAccount("alice"), "reply/1", "hello"))
	last := s.Requests()[len(s.Requests())-1]
	if !f.Permanent || last.Method != http.MethodDelete || last.Path != "/api/v1/statuses/77" {
		t.Errorf("failure %+v, last request %s %s", f, last.Method, last.Path)
	}
}
