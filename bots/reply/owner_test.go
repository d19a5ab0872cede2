package reply

import (
	"strings"
	"testing"

	"onionbot/bots/botstest"
	"onionbot/services"
)

func TestThePersonIsOneOnAllNetworks(t *testing.T) {
	site := botstest.Instance("site", nil)
	for _, tt := range []struct {
		network, owner, want string
	}{
		{"test", "anna", "I'll tell you when nothing is left"},
		{"other", "anna", "I'll tell you over test, where you started it"},
		{"other", "operator", "Its owner is told"},
	} {
		n := &services.Notice{
			Kind: services.KindStopping, Instance: site.ID, Owner: tt.owner,
			To: services.Route{Network: tt.network, Account: "1", Chat: "c"},
		}
		r, err := (&Renderer{}).Render(n, site, nil, botstest.Noon())
		if err != nil || !strings.Contains(r.Text, tt.want) || r.Pending != (tt.network == "test") {
			t.Errorf("%s of %s: %+v, %v, want %q", tt.network, tt.owner, r, err, tt.want)
		}
	}
}

func TestNothingIsToBeCheckedOfWhatNeverOpened(t *testing.T) {
	for opened, want := range map[string]string{"never": "nothing to check", "": "I could not check"} {
		n := &services.Notice{Kind: services.KindGone, Args: map[string]string{"name": "site", "reason": "stopped", "opened": opened}}
		r, err := (&Renderer{}).Render(n, nil, nil, botstest.Noon())
		if err != nil || !strings.Contains(r.Text, want) {
			t.Errorf("opened %q: %+v, %v", opened, r, err)
		}
	}
}

func TestNamesKeepTheirUnderscores(t *testing.T) {
	for in, want := range map[string]string{"my_blog": "my_blog", "_my_": "my", "a__b": "ab", "*a*_b": "ab", "x_@y": "xy"} {
		if got := tame(in, quoteLimit); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestEveryAddressOfAListCanBeCopied(t *testing.T) {
	all := []*services.Instance{botstest.Instance("site", nil), botstest.Instance("ssh", nil)}
	all[1].Onion.Address = strings.Repeat("b", 56) + ".onion"
	r := (&Renderer{}).List(botstest.Anna(), all, botstest.Noon())
	if len(r.Copy) != 2 || r.Copy[0] != all[0].Onion.Address || r.Copy[1] != all[1].Onion.Address {
		t.Errorf("%+v", r)
	}
}
