package e2e

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// twoUsers is the part of a configuration that says who may do what.
const twoUsers = `
[[users]]
name = "ann"
telegram = [1001]
services = ["site"]
max_instances = 2
max_life = "4h"
`

// brief is a life that is long enough for a start and a visit. The binary under
// test allows less than the minute that users must ask for at least.
const (
	brief   = 30 * time.Second
	briefly = "30s"
)

func TestSiteOpensUntilItsDeadlineAndIsThenReallyGone(t *testing.T) {
	t.Parallel()
	b := newBot(t, twoUsers)
	b.start()
	began := time.Now()
	onion := b.begin("site", "for", briefly)
	if page := mustVisit(t, onion); !strings.Contains(page, "<title>") || strings.Contains(page, "<script") {
		t.Errorf("page: %.300s", page)
	}
	if list := b.ctl("list"); !strings.Contains(list, onion) {
		t.Errorf("list: %s", list)
	}
	cut := hold(t, onion, 80)
	deadline := began.Add(brief)
	select {
	case at := <-cut:
		if at.Before(deadline.Add(-2*time.Second)) || at.After(deadline.Add(7*time.Second)) {
			t.Errorf("cut %v after the start, asked for %s", at.Sub(began), briefly)
		}
	case <-time.After(90 * time.Second):
		t.Fatal("an open connection outlived the deadline by half a minute")
	}
	wait(t, 45*time.Second, "gone from the list", func() bool { return !strings.Contains(b.ctl("list"), onion) })
	wantDark(t, onion)
	b.wantNothingLeft(onion, strings.TrimSuffix(onion, ".onion"))
}

func TestMoreAndStop(t *testing.T) {
	t.Parallel()
	b := newBot(t, twoUsers)
	b.start()
	onion := b.begin("site", "as", "blog", "for", briefly)
	out := b.ctl("more", "1h", "blog")
	if !strings.Contains(out, "blog") {
		t.Errorf("more: %s", out)
	}
	// Past its first deadline it still opens: the shim knows the new one.
	time.Sleep(brief + 3*time.Second)
	mustVisit(t, onion)
	out = b.ctl("stop", "blog")
	if !strings.Contains(out, "gone") {
		t.Errorf("stop: %s", out)
	}
	wantDark(t, onion)
	b.wantNothingLeft(onion)
}

func TestDeadBotDoesNotProlongALife(t *testing.T) {
	t.Parallel()
	b := newBot(t, twoUsers)
	b.start()
	began := time.Now()
	onion := b.begin("site", "for", briefly)
	cut := hold(t, onion, 80)
	b.kill()
	select {
	case at := <-cut:
		if late := at.Sub(began.Add(brief)); late < -2*time.Second || late > 7*time.Second {
			t.Errorf("cut %v from its deadline", late)
		}
	case <-time.After(90 * time.Second):
		t.Fatal("it lived on without its bot")
	}
	wantDark(t, onion)
	b.start()
	wait(t, 60*time.Second, "cleaned up by the next bot", func() bool {
		return len(b.containers()) == 0 && strings.Contains(b.ctl("list"), "Nothing is running")
	})
	b.wantNothingLeft(onion)
}

// TestStopCutsAnOpenConnection counts from the answer, not from the last word.
func TestStopCutsAnOpenConnection(t *testing.T) {
	t.Parallel()
	b := newBot(t, twoUsers)
	b.start()
	c := b.chat()
	onion := c.starts("start site for 1h")
	cut := hold(t, onion, 80)
	mark := len(c.screen.String())
	c.say("stop site")
	c.hear(20*time.Second, mark, "is being taken down", "site is gone: ")
	answered := time.Now()
	select {
	case at := <-cut:
		t.Logf("cut %v after the answer", at.Sub(answered).Round(time.Millisecond))
	case <-time.After(5 * time.Second):
		t.Error("still connected 5 s after the answer")
	}
	c.wantLastWord(60*time.Second, "site", "it was stopped")
	wantDark(t, onion)
	b.wantNothingLeft(onion, strings.TrimSuffix(onion, ".onion"))
}

// TestSleepingBotMissesNothing stops the bot's process across a deadline, as a
// machine under load or a debugger does: the container keeps the deadline, and
// the bot says so when it goes on.
func TestSleepingBotMissesNothing(t *testing.T) {
	t.Parallel()
	b := newBot(t, twoUsers)
	b.start()
	c := b.chat()
	began := time.Now()
	onion := c.starts("start site for " + briefly)
	cut := hold(t, onion, 80)
	if err := b.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.cmd.Process.Signal(syscall.SIGCONT) })
	select {
	case at := <-cut:
		if late := at.Sub(began.Add(brief)); late < -2*time.Second || late > 7*time.Second {
			t.Errorf("cut %v from its deadline", late)
		}
	case <-time.After(90 * time.Second):
		t.Fatal("it lived on while its bot slept")
	}
	wantDark(t, onion)
	if text := c.screen.String(); strings.Contains(text, "gone") {
		t.Fatalf("the bot is not asleep:\n%s", text)
	}
	if err := b.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	c.wantLastWord(60*time.Second, "site", "its time was up")
	b.wantNothingLeft(onion, strings.TrimSuffix(onion, ".onion"))
	c.wantLastWord(time.Second, "site", "its time was up") // still said once
}

func TestWrongWordsChangeNothing(t *testing.T) {
	t.Parallel()
	b := newBot(t, twoUsers)
	b.start()
	for _, words := range []string{
		"start nonsense", "stop nothing", "start site for 0s", "start site for -1h", "start site for 999999h",
		"strat site", "more", "more soon", "status nobody", strings.Repeat("noise ", 2000), "start site as ../../etc", "\x01\x02",
	} {
		out, err := b.try(words)
		if err == nil || strings.TrimSpace(out) == "" || len(out) > 600 || strings.Contains(out, "goroutine") {
			t.Errorf("%.40q: %v, %.200q", words, err, out)
		}
	}
	if left := b.containers(); len(left) > 0 {
		t.Errorf("something was started: %v", left)
	}
	if _, err := os.Stat(b.dir + "/state"); err != nil {
		t.Error(err)
	}
}
