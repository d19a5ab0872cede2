package reply

import (
	"strings"
	"testing"

	"onionbot/services"
)

func TestOwnersReadWhatWentWrong(t *testing.T) {
	i := &services.Instance{ID: "aaaaaaaaaaaa", Owner: "ann", Name: "blog", Service: "site", Desired: services.DesiredRunning, State: services.StateStarting}
	crash := map[string]string{"fault": "container", "exit": "3", "reason": "failed", "service": "site"}
	tests := map[string]struct {
		kind services.Kind
		args map[string]string
		want string
	}{
		"down by a crash":        {services.KindDown, crash, "its app ended with exit code 3."},
		"lost by a crash":        {services.KindLost, crash, "its app ended with exit code 3."},
		"start fails by a crash": {services.KindProgress, crash, "its app ended with exit code 3."},
		"given up by a crash":    {services.KindUnreachable, crash, "(its app ended with exit code 3)"},
		"a signal":               {services.KindDown, map[string]string{"fault": "container", "exit": "137"}, "ended by signal 9"},
		"memory":                 {services.KindDown, map[string]string{"fault": "container", "exit": "137", "memory": "true"}, "needed more memory"},
		"no exit known":          {services.KindDown, map[string]string{"fault": "container"}, "does not keep running"},
		"image":                  {services.KindProgress, map[string]string{"fault": "image"}, "not ready yet: its image could not be built"},
		"clock":                  {services.KindGone, map[string]string{"reason": "expired", "early": "2h0m0s"}, "clock was set forward by 2 h"},
		"not safe":               {services.KindLost, map[string]string{"reason": "failed", "fault": "unsafe", "opened": "never"}, "was not started: it is not safe here. Tell the operator"},
		"not safe any more":      {services.KindLost, map[string]string{"reason": "failed", "fault": "unsafe"}, "not started again: it is not safe here"},
		"not safe, an operator":  {services.KindUnsafe, map[string]string{"service": "site", "instance": i.ID, "reached": "the internet at 1.1.1.1"}, "could have reached what it must not: the internet at 1.1.1.1."},
		"host, an operator":      {services.KindHost, map[string]string{"what": "tor does not answer"}, "Trouble on the server: tor does not answer.\nI'll tell you when"},
		"host, over":             {services.KindHost, map[string]string{"what": "tor does not answer", "over": "12m30s"}, "Over, after about"},
		"unlisted":               {services.KindLost, map[string]string{"reason": "failed", "fault": "unlisted"}, "no longer offers it"},
	}
	for name, tt := range tests {
		n := &services.Notice{Kind: tt.kind, Instance: i.ID, Args: tt.args}
		r, err := (&Renderer{}).Render(n, i, nil, noon)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(r.Text, tt.want) {
			t.Errorf("%s: %q does not say %q", name, r.Text, tt.want)
		}
	}
}

func TestALimitThatIsFullOfEndingsSaysSo(t *testing.T) {
	for ending, want := range map[string]string{"1": "one is still being taken down", "2": "2 are still being taken down"} {
		r := (&Renderer{}).Failure(services.E(services.CodeTooMany, "max", "2", "ending", ending))
		if !strings.Contains(r.Text, want) {
			t.Errorf("%q", r.Text)
		}
	}
}
