package mastodon_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"onionbot/bots/mastodon/mastodontest"
)

func TestAPictureThatTheServerBreaksOverDoesNotHoldUpItsText(t *testing.T) {
	onEach(t, func(t *testing.T, s *mastodontest.Server) {
		alice := s.AddAccount("alice")
		a := newAdapter(t, s, nil)
		for _, body := range []string{`{"error":"500"}`, ""} {
			kind := "application/json"
			if body == "" {
				kind = ""
			}
			s.Fault(mastodontest.Fault{Method: "POST", Path: "/api/v2/media", Status: 500, Body: body, ContentType: kind, Times: 9})
			out := outgoing(s, alice, "reply/qr"+kind, "The address: http://x.onion/"+kind)
			out.Reply.QR = "http://x.onion/"
			for out.Attempt = range 2 {
				sendFailure(t, a, out)
			}
			out.Attempt = 2
			send(t, a, out)
			if p := s.Posts()[len(s.Posts())-1]; !strings.Contains(p.Text, "http://x.onion/") || len(p.Media) != 0 {
				t.Errorf("posted %+v", p)
			}
			s.ClearFaults()
		}
	})
}

func TestAQRPictureWaitsForTheServerAndHasAText(t *testing.T) {
	onEach(t, func(t *testing.T, s *mastodontest.Server) {
		s.PendingMedia(2)
		out := outgoing(s, s.AddAccount("alice"), "reply/1", "http://x.onion")
		out.Reply.QR = "http://x.onion"
		send(t, newAdapter(t, s, nil), out)
		p := s.Posts()[0]
		if len(p.Media) != 1 || p.Media[0].Description == "" || utf8.RuneCountInString(p.Media[0].Description) > 200 {
			t.Errorf("media %+v", p.Media)
		}
	})
}
