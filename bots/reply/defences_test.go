package reply

import (
	"strings"
	"testing"

	"onionbot/services"
)

func TestOperatorsReadWhatIsDoneAgainstFloods(t *testing.T) {
	operator := &services.User{Name: "ann", Role: services.RoleOperator}
	for want, h := range map[string]services.Health{
		"may hold 32 connections; when more than 25 newcomers": {Defences: services.Defences{Streams: 32, Newcomers: 25}},
		"cannot ask for a proof of work":                       {Defences: services.Defences{Streams: 32}},
	} {
		if r := (&Renderer{}).Overview(operator, nil, h, noon); !strings.Contains(r.Text, want) {
			t.Errorf("%q does not say %q", r.Text, want)
		}
		if r := (&Renderer{}).Overview(&services.User{Name: "bob"}, nil, h, noon); strings.Contains(r.Text, "floods") {
			t.Errorf("everybody reads %q", r.Text)
		}
	}
}
