package reply

import (
	"strings"
	"testing"

	"onionbot/bots/botstest"
	"onionbot/services"
)

func TestOwnerReadsTheSecretsThatTheOpenLineNames(t *testing.T) {
	d := *definition("site")
	d.Open = "http://{address}/{secret.owner}/\nName admin, password {secret.admin}"
	i := botstest.Instance("site", func(i *services.Instance) {
		i.Secrets = map[string]services.Secret{"owner": "qqqq", "admin": "zzzz", "inner": "yyyy"}
	})
	r := &Renderer{}
	card, err := r.Render(&services.Notice{Kind: services.KindStarted, Instance: i.ID}, i, &d, noon)
	if err != nil {
		t.Fatal(err)
	}
	link := "http://" + i.Onion.Address + "/qqqq/"
	if card.Link != link || !strings.Contains(card.Text, link+"\nName admin, password zzzz\n") || strings.Contains(card.Text, "yyyy") {
		t.Errorf("link %q in:\n%s", card.Link, card.Text)
	}
	if qr := r.QR(i, &d); qr.QR != link || !strings.Contains(qr.Text, "zzzz") {
		t.Errorf("QR of %q with:\n%s", qr.QR, qr.Text)
	}
}
