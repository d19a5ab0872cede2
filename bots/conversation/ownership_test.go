package conversation

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"onionbot/bots/botstest"
	"onionbot/services"
)

func TestABareTargetMeansOnesOwn(t *testing.T) {
	w := newWorld(t, ticking(noon))
	w.say(w.message("1", "start site"))
	for _, text := range []string{"stop", "more 1h", "qr"} {
		if got := w.say(w.message("2", text)); !strings.Contains(got, "Nothing is running") {
			t.Errorf("%q of an operator with nothing of their own: %q", text, got)
		}
	}
	if i := w.instances()[0]; i.Desired != services.DesiredRunning || i.ExpiresAt.Sub(i.CreatedAt) > 2*time.Hour {
		t.Errorf("somebody else's instance was touched: %+v", i)
	}
	if got := w.say(w.message("2", "status")); !strings.Contains(got, "site of anna") {
		t.Errorf("the overview: %q", got)
	}
	w.say(w.message("2", "start site"))
	if got := w.say(w.message("2", "stop")); !strings.Contains(got, "I'll tell you when nothing is left") {
		t.Errorf("one's own: %q", got)
	}
}

func TestWhichOneNamesTheCommandThatWasTyped(t *testing.T) {
	w := newWorld(t, ticking(noon))
	w.say(w.message("1", "start site"))
	w.say(w.message("1", "start site as blog"))
	for typed, want := range map[string]string{
		"stop": `as in "stop site"`, "more 2h": `as in "more 2h site"`, "qr": `as in "qr site"`,
	} {
		if got := w.say(w.message("1", typed)); !strings.Contains(got, want) {
			t.Errorf("%q: %q", typed, got)
		}
	}
}

func TestWhatASecondStartDidNotChangeIsSaid(t *testing.T) {
	w := newWorld(t, ticking(noon))
	w.say(w.message("1", "start site"))
	for typed, want := range map[string]string{
		"start site":             `Type "start another site" for one more`,
		"start site once":        "how it ends was not changed",
		"start site idle 10m":    "how it ends was not changed",
		"start site for 5 min":   "its time was not changed",
		"start site until 13:00": "its time was not changed",
		"start site once\npage":  "how it ends was not changed",
	} {
		got := w.say(w.message("1", typed))
		if !strings.Contains(got, want) {
			t.Errorf("%q: %q", typed, got)
		}
	}
	if i := w.instances()[0]; i.Rules != (services.Rules{}) || i.ExpiresAt.Sub(i.CreatedAt) != 2*time.Hour {
		t.Errorf("it changed: %+v", i)
	}
}

func TestOperatorsHearOfWhatBelongsToNobody(t *testing.T) {
	w := newWorld(t, ticking(noon))
	w.say(w.message("1", "start site"))
	i := w.instances()[0]
	i.Owner = "bob"
	if err := w.store.Update(context.Background(), func(tx services.Tx) error { return tx.PutInstance(i) }); err != nil {
		t.Fatal(err)
	}
	want := "Nobody in the configuration owns site of bob (#" + i.ID + ")"
	if got := w.say(w.message("2", "status")); !strings.Contains(got, want) {
		t.Errorf("overview: %q", got)
	}
	w.say(w.message("2", "start ssh"))
	if got := w.say(w.message("2", "status ssh")); strings.Contains(got, "Host key") && !strings.Contains(got, want) {
		t.Errorf("one instance: %q", got)
	}
	if got := w.say(w.message("1", "status")); strings.Contains(got, "bob") {
		t.Errorf("somebody who is no operator reads %q", got)
	}
	question := w.say(w.message("2", "stop #"+i.ID))
	if got := w.say(w.message("2", lettersIn(question))); !strings.Contains(got, "being taken down") {
		t.Errorf("stop: %q", got)
	}
}

func TestNobodyWhoLeftIsWrittenTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, func(o *OutboxOptions) {
			users := NewAccess()
			if err := users.Add(anna, Account{"test", "1"}); err != nil {
				t.Fatal(err)
			}
			o.Users = users
		})
		p.addInstance()
		tell := func(key, owner, account string, kind services.Kind) {
			p.add(&services.Notice{
				Key: key, Kind: kind, Instance: botstest.InstanceID, Owner: owner,
				To:   services.Route{Network: "test", Account: account, Chat: "c"},
				Args: map[string]string{"left": "15m", "name": "site", "reason": "expired"},
			})
		}
		tell("anna's", "anna", "1", services.KindReminder)
		tell("of one who left", "bob", "9", services.KindReminder)
		tell("the end for one who left", "bob", "9", services.KindGone)
		tell("of anna's name before", "ann", "1", services.KindReminder)
		tell("the end under the name before", "ann", "1", services.KindGone)
		p.run()
		time.Sleep(time.Minute)
		synctest.Wait()
		var keys []string
		for _, o := range p.adapter.all() {
			keys = append(keys, o.Key)
		}
		if got := strings.Join(keys, ", "); got != "anna's, the end under the name before" || len(p.pending()) != 0 {
			t.Errorf("sent %s; %d pending", got, len(p.pending()))
		}
	})
}
