package command_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onionbot/bots/botstest"
	"onionbot/bots/command"
	"onionbot/bots/reply"
	"onionbot/services"
)

var (
	noon     = botstest.Noon()
	anna     = botstest.Anna()
	operator = botstest.Operator()
)

func grammar(u *services.User) *command.Grammar {
	return &command.Grammar{Services: botstest.Catalog(), User: u, Now: noon}
}

// lines are messages and what they mean.
func lines() map[string]command.Command {
	start := func(c command.Command) command.Command {
		c.Verb, c.Service = command.VerbStart, "site"
		return c
	}
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour, minute, 0, 0, time.UTC) }
	return map[string]command.Command{
		"start site":                         start(command.Command{}),
		"Start  SITE please.":                start(command.Command{}),
		"/start site":                        start(command.Command{}),
		"/start@onion_bot site":              start(command.Command{}),
		"/site":                              start(command.Command{}),
		"/site for 2h":                       start(command.Command{For: 2 * time.Hour}),
		"web":                                start(command.Command{}),
		"start a site":                       start(command.Command{}),
		"start\u00a0“site”":                  start(command.Command{}),
		"start site 90m":                     start(command.Command{For: 90 * time.Minute}),
		"start site for 1h30m":               start(command.Command{For: 90 * time.Minute}),
		"start site for 2 hours":             start(command.Command{For: 2 * time.Hour}),
		"start site for 30 min":              start(command.Command{For: 30 * time.Minute}),
		"start site for 1 day":               start(command.Command{For: 24 * time.Hour}),
		"start site for a week":              start(command.Command{For: 168 * time.Hour}),
		"start site for an hour and 5 min":   start(command.Command{For: 65 * time.Minute}),
		"start site for half an hour":        start(command.Command{For: 30 * time.Minute}),
		"start site as Blog for 2h":          start(command.Command{Name: "blog", For: 2 * time.Hour}),
		"start site until 18:05":             start(command.Command{Until: at(23, 18, 5)}),
		"start site until 6:05 pm":           start(command.Command{Until: at(23, 18, 5)}),
		"start site until 9:00":              start(command.Command{Until: at(24, 9, 0)}),
		"start site until tomorrow at 18:00": start(command.Command{Until: at(24, 18, 0)}),
		"start site until 2026-11-25 18:00":  start(command.Command{Until: at(25, 18, 0)}),
		"start site idle 15m":                start(command.Command{Idle: 15 * time.Minute}),
		"start site for 2h idle 15m":         start(command.Command{For: 2 * time.Hour, Idle: 15 * time.Minute}),
		"start site once":                    start(command.Command{Visits: 1}),
		"start site for 20 visits":           start(command.Command{Visits: 20}),
		"start site for 20 visits for 1h":    start(command.Command{Visits: 20, For: time.Hour}),
		"start site\n# Hi\n\n\tall @you":     start(command.Command{Body: "# Hi\n\n\tall @you"}),
		"\n\n start site \r\nHi":             start(command.Command{Body: "Hi"}),
		"/start":                             {Verb: command.VerbGreet},
		"Hi!":                                {Verb: command.VerbGreet},
		"stop":                               {Verb: command.VerbStop},
		"stop my site":                       {Verb: command.VerbStop, Target: "site"},
		"STOP ALL":                           {Verb: command.VerbStop, All: true},
		"stop #abcdefghijkl":                 {Verb: command.VerbStop, Target: "#abcdefghijkl"},
		"list\nthanks!":                      {Verb: command.VerbList},
		"ls":                                 {Verb: command.VerbList},
		"status":                             {Verb: command.VerbStatus},
		"status site?":                       {Verb: command.VerbStatus, Target: "site"},
		"more 2h":                            {Verb: command.VerbMore, For: 2 * time.Hour},
		"more 2h site":                       {Verb: command.VerbMore, For: 2 * time.Hour, Target: "site"},
		"more site 2h":                       {Verb: command.VerbMore, For: 2 * time.Hour, Target: "site"},
		"extend site by 2 hours":             {Verb: command.VerbMore, For: 2 * time.Hour, Target: "site"},
		"more 1h #abcdefghijkl":              {Verb: command.VerbMore, For: time.Hour, Target: "#abcdefghijkl"},
		"qr":                                 {Verb: command.VerbQR},
		"services":                           {Verb: command.VerbServices},
		"?":                                  {Verb: command.VerbHelp},
		"help start":                         {Verb: command.VerbHelp, Topic: command.VerbStart},
		"help /start":                        {Verb: command.VerbHelp, Topic: command.VerbStart},
	}
}

// jointLines start several services behind one address.
func jointLines() map[string]command.Command {
	start := func(c command.Command) command.Command {
		c.Verb, c.Service = command.VerbStart, "site+ssh"
		return c
	}
	return map[string]command.Command{
		"start site, ssh as camp":   start(command.Command{Name: "camp"}),
		"start site,ssh":            start(command.Command{}),
		"start ssh and site for 2h": start(command.Command{For: 2 * time.Hour}),
		"start a site & an ssh":     start(command.Command{}),
		"start web + ssh":           start(command.Command{}),
		"start site+ssh once":       start(command.Command{Visits: 1}),
		"start another site +ssh":   start(command.Command{New: true}),
		"site plus ssh 2h":          start(command.Command{For: 2 * time.Hour}),
		"site+ssh\nHi":              start(command.Command{Body: "Hi"}),
		"stop all site":             {Verb: command.VerbStop, All: true, Service: "site"},
	}
}

func TestLinesAreUnderstood(t *testing.T) {
	all := lines()
	maps.Copy(all, jointLines())
	for text, want := range all {
		got, err := grammar(anna).Parse(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func TestLinesAreRefused(t *testing.T) {
	for text, want := range map[string]*services.Error{
		"":                                services.E(services.CodeEmpty),
		" \n\u202e\u0007 ":                services.E(services.CodeEmpty),
		"!!!":                             services.E(services.CodeEmpty),
		"strat site":                      services.E(services.CodeUnknownCommand, "word", "strat", "suggestion", "start"),
		"sitee":                           services.E(services.CodeUnknownCommand, "word", "sitee", "suggestion", "site"),
		"audit":                           services.E(services.CodeUnknownCommand, "word", "audit", "suggestion", ""),
		"secret":                          services.E(services.CodeUnknownCommand, "word", "secret", "suggestion", ""),
		"start":                           services.E(services.CodeUsage, "command", "start", "word", ""),
		"start siet":                      services.E(services.CodeUnknownService, "word", "siet", "suggestion", "site"),
		"start secret":                    services.E(services.CodeNotAllowed, "word", "secret", "suggestion", ""),
		"start site for 0m":               services.E(services.CodeBadDuration, "word", "0m"),
		"start site for -2h":              services.E(services.CodeBadDuration, "word", "-2h"),
		"start site for ever":             services.E(services.CodeBadDuration, "word", "ever"),
		"start site for 99999999h":        services.E(services.CodeBadDuration, "word", "99999999h", "why", "long"),
		"start site for":                  services.E(services.CodeUsage, "command", "start", "word", ""),
		"start site for 2":                services.E(services.CodeBadDuration, "word", "2"),
		"start site for 0 visits":         services.E(services.CodeUsage, "command", "start", "word", "0"),
		"start site until 25:00":          services.E(services.CodeBadDuration, "word", "25:00", "why", "clock"),
		"start site until today 09:00":    services.E(services.CodeBadDuration, "word", "today 09:00", "why", "past"),
		"start site for 2h until 18:00":   services.E(services.CodeUsage, "command", "start", "word", "until"),
		"start site as a as b":            services.E(services.CodeUsage, "command", "start", "word", "as"),
		"start site and":                  services.E(services.CodeUsage, "command", "start", "word", ""),
		"start site and siet":             services.E(services.CodeUnknownService, "word", "siet", "suggestion", "site"),
		"start site, secret":              services.E(services.CodeUsage, "command", "start", "word", "secret"),
		"start site+secret":               services.E(services.CodeNotAllowed, "word", "secret", "suggestion", ""),
		"start site, web":                 services.E(services.CodeSameService, "service", "site"),
		"list everything":                 services.E(services.CodeUsage, "command", "list", "word", "everything"),
		"more":                            services.E(services.CodeUsage, "command", "more", "word", ""),
		"more -2h site":                   services.E(services.CodeBadDuration, "word", "-2h"),
		strings.Repeat("a", 1001):         services.E(services.CodeTextTooLong, "max", "1000"),
		strings.Repeat("noise ", 1700):    services.E(services.CodeTextTooLong, "max", "1000"),
		strings.Repeat("\x00", 1_000_000): services.E(services.CodeTextTooLong, "max", "1000"),
	} {
		_, err := grammar(anna).Parse(text)
		if err == nil {
			t.Errorf("%.40q: understood", text)
			continue
		}
		if err.Error() != want.Error() {
			t.Errorf("%.40q: got %v, want %v", text, err, want)
		}
	}
}

func TestOperatorsSeeMore(t *testing.T) {
	c, err := grammar(operator).Parse("audit")
	if err != nil || c.Verb != command.VerbAudit {
		t.Errorf("audit: %v %v", c, err)
	}
	if c, err := grammar(operator).Parse("secret"); err != nil || c.Service != "secret" {
		t.Errorf("secret: %v %v", c, err)
	}
}

func TestUntilMeansTheUsersZone(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		zone = time.FixedZone("CET", 3600)
	}
	g := grammar(anna)
	g.Now = noon.In(zone)
	c, err := g.Parse("start site until 18:00")
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2026, 11, 23, 17, 0, 0, 0, time.UTC); !c.Until.Equal(want) {
		t.Errorf("got %v, want %v", c.Until, want)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"start site as blog for 1h30m until 2026-11-24 18:05 idle 15m for 20 visits\nbody\n text", "more site 2h", "more a week",
		"stop #abc", "help more", "/site@bot once", "start site until tomorrow 6pm", "“stop” ‘the’ site", "more half an hour and 2m for x",
		"start site\x00\u202e @victim", "stop a", "status my my", "qr the", "more by 2h by by", "start site for 1.5h",
		"start secret+ssh and site as x",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		g := grammar(operator)
		c, err := g.Parse(text)
		if err != nil {
			if services.CodeOf(err) == services.CodeInternal {
				t.Fatalf("%q: an error without a code: %v", text, err)
			}
			if r := (&reply.Renderer{}).Failure(err); r.Text == "" || strings.ContainsAny(r.Text, "@\x00\u202e") {
				t.Fatalf("%q: answered with %q", text, r.Text)
			}
			return
		}
		again, err := g.Parse(c.String())
		if err != nil {
			t.Fatalf("%q became %q: %v", text, c.String(), err)
		}
		if diff := cmp.Diff(c, again); diff != "" {
			t.Fatalf("%q became %q: %s", text, c.String(), diff)
		}
	})
}
