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

func TestStartingAgainKeepsTheNameOfWhatHasEnded(t *testing.T) {
	named := func(name string, to func(*services.Instance)) *services.Instance {
		return botstest.Instance("site", func(i *services.Instance) {
			i.Name = name
			to(i)
		})
	}
	ended := func(i *services.Instance) { i.Desired, i.State = services.DesiredGone, services.StateGone }
	for _, tt := range []struct {
		kind services.Kind
		i    *services.Instance
		want string
	}{
		{services.KindExtended, named("m2", ended), `Type "start site as m2" to start it again`},
		{services.KindExtended, named("site", ended), `Type "start site" to start it again`},
		{services.KindUnreachable, named("m2", ended), `Type "start site as m2" to try again`},
		{services.KindLost, named("m2", ended), `Type "start site as m2" to start it again`},
		{services.KindExtended, nil, `Type "start" to start it again`},
	} {
		n := &services.Notice{Kind: tt.kind, Args: map[string]string{}}
		r, err := (&Renderer{}).Render(n, tt.i, nil, botstest.Noon())
		if err != nil || !strings.Contains(r.Text, tt.want) {
			t.Errorf("%s: %+v, %v, want %q", tt.kind, r, err, tt.want)
		}
		for _, row := range r.Buttons {
			if tt.i != nil && tt.i.Name == "m2" && row[0].Label == "Start again" && row[0].Command != "start site as m2" {
				t.Errorf("%s: %+v", tt.kind, row)
			}
		}
	}
}
