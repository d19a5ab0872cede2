package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"onionbot/bots/console"
	"onionbot/services"
)

const topAddress = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"

func TestTopShowsEverythingInItsPlace(t *testing.T) {
	now := time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)
	text := strings.Join(screen(console.Overview{
		At: now, Version: "v1", Troubles: []string{"the container engine does not answer"},
		Instances: []console.OverviewService{{Name: "blog", Service: "site", Owner: "ann", State: "reachable", Until: now.Add(125 * time.Minute), Visits: 7}},
		Tors:      []console.OverviewTor{{Name: "t1", Answers: true, Bootstrap: 100, Onions: 1}, {Name: "t2", Answers: true, Bootstrap: 45}, {Name: "t3", Problem: "gone"}},
		Networks:  []console.OverviewNetwork{{Name: "telegram", Received: 12, Sent: 9, Waiting: 2, Trouble: "the token is refused\x1b[2J"}},
		Errors:    []console.OverviewError{{At: now, Network: "telegram", Owner: "ann", Action: "start", Outcome: "quota"}},
	}), "\n")
	for _, row := range []string{
		"blog site ann reachable 2h05m 7", "t1 up 1", "t2 bootstraps, 45% 0", "t3 does not answer: gone 0",
		"telegram 12 9 2 the token is refused", "telegram ann start quota", "Trouble: the container engine does not answer",
	} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), row) {
			t.Errorf("no %q in\n%s", row, text)
		}
	}
	if strings.Contains(text, "\x1b") {
		t.Error("what a network says steers the terminal")
	}
}

func TestTopHoldsNoAddressUnlessAsked(t *testing.T) {
	list := []*services.Instance{
		{Name: "late", Owner: "ann", Service: "site", Onion: services.Onion{Address: topAddress}, State: services.StateReachable, Desired: services.DesiredRunning, ExpiresAt: time.Unix(200, 0)},
		{Name: "early", Owner: "bob", Service: "ssh", State: services.StateReachable, Desired: services.DesiredGone, ExpiresAt: time.Unix(100, 0)},
		{Service: "site", Desired: services.DesiredWarm, Onion: services.Onion{Address: topAddress}},
	}
	for _, asked := range []bool{false, true} {
		shown := shownServices(list, asked)
		if len(shown) != 2 || shown[0].Name != "early" || shown[0].State != "stopping" || shown[1].Name != "late" {
			t.Fatalf("shown: %+v", shown)
		}
		wire, err := json.Marshal(shown)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(wire), topAddress[:20]) != asked {
			t.Errorf("asked %t: %s", asked, wire)
		}
	}
}

func TestTopShowsErrorsWithoutWhatWasTyped(t *testing.T) {
	shown := shownErrors([]services.AuditEntry{
		{Owner: "ann", Action: "start", Outcome: "ok"},
		{Owner: "ann", Action: "start", Outcome: "quota", Detail: "a private word"},
		{Owner: "ann", Action: "message", Outcome: "kept"},
		{Account: "8675309", Action: "command", Outcome: "forbidden"},
	})
	want := []console.OverviewError{{Owner: "ann", Action: "start", Outcome: "quota"}, {Owner: "stranger", Action: "command", Outcome: "forbidden"}}
	if !slices.Equal(shown, want) {
		t.Errorf("%+v", shown)
	}
}

func TestTopFitsItsTerminal(t *testing.T) {
	var out bytes.Buffer
	draw(&out, slices.Repeat([]string{strings.Repeat("x", 200)}, 50), 40, 10)
	rows := strings.Split(out.String(), "\r\n")
	if len(rows) != 10 || strings.Count(rows[0], "x") != 40 || !strings.Contains(rows[9], "q: leave") || !strings.Contains(rows[8], "…") {
		t.Errorf("%d rows: %q", len(rows), rows)
	}
}

func TestTopWithoutABotSaysHowToStartOne(t *testing.T) {
	var out bytes.Buffer
	if code := run([]string{"top", "--socket", t.TempDir() + "/none.sock"}, nil, &out, &out); code != 1 || !strings.Contains(out.String(), "onionbot run") {
		t.Error(code, out.String())
	}
}
