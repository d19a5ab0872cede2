package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"onionbot/bots/mastodon/mastodontest"
)

// crasher lets one daemon after the other die and holds what it finds
// against what was promised.
type crasher struct {
	*bot
	server   *mastodontest.Server
	ann      *mastodontest.Account
	written  map[string]string // the last thing that was written in the chat about a name
	asked    map[order]int     // how often it was written
	rng      *rand.Rand
	kills    int
	missed   int // deaths at a random moment, because the point was not passed
	points   map[string]int
	issued   map[string]bool     // names that were asked for
	promises map[string]*promise // by the instance's name
	number   int
}

// life is one life of a daemon: where it is to die and what it is asked for.
type life struct {
	at       string // a fault point; "" is a random moment
	commands []order
	disturb  func() // something done behind its back before it starts
	visit    string // an address that is opened meanwhile
}

// order is one command, with what its answer means.
type order struct {
	verb, name, rest string
}

// page is what some of the sites show, to be shown again and to be forgotten.
const page = "what the crashes must not keep"

// give gives an order: by chat, whose server keeps it while the bot is dead,
// for names that begin with an m, and at the console for the others. Sites of
// the console that live for long get a page of their own.
func (c *crasher) give(o order) (acknowledged bool) {
	if o.byChat() {
		c.written[o.name] = o.verb
		c.asked[order{verb: o.verb, name: o.name}]++
		c.server.Mention(c.ann, "direct", strings.Join(o.words(), " "))
		return false
	}
	if o.verb != "start" || o.rest == shortLife {
		_, err := c.try(o.words()...)
		return err == nil
	}
	_, err := c.try(append([]string{"--file", filepath.Join(c.dir, "page.html")}, o.words()...)...)
	return err == nil
}

func (o order) byChat() bool { return strings.HasPrefix(o.name, "m") }

const shortLife = "for 1m"

func (o order) words() []string {
	switch o.verb {
	case "start":
		return strings.Fields("start site as " + o.name + " " + o.rest)
	case "more":
		return strings.Fields("more " + o.rest + " " + o.name)
	}
	return []string{o.verb, o.name}
}

// TestCrashesLoseNothing kills the daemon at named steps and at random
// moments, during starts, extensions, stops and expiries. With ONIONBOT_SOAK
// it does so until 200 daemons have died.
func TestCrashesLoseNothing(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	server := mastodontest.New(t, mastodontest.Mastodon45)
	ann := server.AddAccount("ann")
	c := &crasher{
		written: make(map[string]string), asked: make(map[order]int),
		server: server, ann: ann, bot: newBot(t, chatUser(server, ann)), rng: rand.New(rand.NewPCG(seed, 0)),
		points: make(map[string]int), issued: make(map[string]bool), promises: make(map[string]*promise),
	}
	c.write("token", mastodontest.Token)
	c.write("page.html", "<!doctype html><p>"+page)
	if os.Getenv("ONIONBOT_SOAK") == "" {
		t.Parallel()
		c.season(shortPlan())
	} else {
		end := time.Now().Add(45 * time.Minute)
		if limit, ok := t.Deadline(); ok && limit.Add(-4*time.Minute).Before(end) {
			end = limit.Add(-4 * time.Minute) // time for the season that has begun
		}
		for n := 0; c.kills < 200 && time.Now().Before(end) && !t.Failed(); n++ {
			began, before := time.Now(), c.kills
			c.season(longPlan(n))
			fmt.Printf("soak: season %d, %d kills in %v, %d in all\n", n, c.kills-before, time.Since(began).Round(time.Second), c.kills)
		}
		if c.kills < 200 && !t.Failed() {
			t.Errorf("only %d kills in the time that was given", c.kills)
		}
	}
	t.Logf("%d kills, %d of them at a random moment; by point: %v", c.kills, c.missed, c.points)
}

// chatUser is the part of a configuration with a user of a chat network.
func chatUser(server *mastodontest.Server, ann *mastodontest.Account) string {
	return fmt.Sprintf(`
[mastodon]
server = %q
token_file = "token"
through_tor = false
poll = "1s"
[[users]]
name = "ann"
mastodon = [%q]
services = ["site"]
max_instances = 1000
max_life = "24h"
`, server.URL, ann.ID)
}

// season is one round: things are started for a minute, some are extended and
// stopped, the others expire. The daemon dies all the while.
func (c *crasher) season(p plan) {
	began := time.Now()
	var names []string
	for _, at := range p.starts {
		a, b := c.name(), c.name()
		names = append(names, a, b)
		c.live(life{at: at, commands: []order{{"start", a, shortLife}, {"start", b, "for 20 visits"}}})
	}
	c.restAwake()
	// Those that live for longer are extended and stopped, in changing order.
	long := c.running(names, func(p *promise) bool { return time.Until(p.expires) > 10*time.Minute })
	for i, at := range p.changes {
		next := life{at: at}
		if len(long) > 0 {
			name := long[i%len(long)]
			next.commands = append(next.commands, order{"more", name, "30m"})
			if i%2 == 1 || strings.Contains(at, "remove") || strings.Contains(at, "gone") || strings.Contains(at, "finish") {
				next.commands = append(next.commands, order{"stop", name, ""})
				long = slices.DeleteFunc(slices.Clone(long), func(s string) bool { return s == name })
			}
		}
		switch point, _, _ := strings.Cut(at, "#"); {
		case strings.HasSuffix(point, ":orphan"):
			next.disturb = c.litter
		case strings.HasSuffix(point, ":count") && len(long) > 0:
			next.visit = c.promises[long[0]].address
		}
		c.live(next)
	}
	// The others end by themselves, under daemons that die of it.
	for _, at := range p.expiries {
		if rest := time.Until(c.nextExpiry()); rest > 0 && rest < 90*time.Second {
			c.awake(rest - 2*time.Second)
		}
		c.live(life{at: at})
	}
	for _, name := range c.running(names, func(*promise) bool { return true }) {
		if time.Until(c.promises[name].expires) > time.Minute {
			c.live(life{at: "", commands: []order{{"stop", name, ""}}})
		}
	}
	c.restAwake() // a stop that was written in the chat may not be heard yet
	if rest := time.Until(c.nextExpiry()); rest > time.Minute {
		c.t.Fatalf("something still has %v to live", rest)
	} else if rest > 0 {
		c.awake(rest)
		c.restAwake()
	}
	c.wantAllEnded(names)
	c.t.Logf("season of %v, %d kills so far", time.Since(began).Round(time.Second), c.kills)
}

func (c *crasher) name() string {
	c.number++
	name := fmt.Sprintf("%c%d", "ccmm"[c.number%4], c.number)
	c.issued[name] = true
	return name
}

// live starts a daemon that will die, gives it its commands, waits for its
// death, and looks at what it has left.
func (c *crasher) live(l life) {
	c.t.Helper()
	if l.disturb != nil {
		l.disturb()
	}
	c.env = []string{"ONIONBOT_CRASH_AT=" + l.at}
	c.start()
	var wg sync.WaitGroup
	acks := make([]bool, len(l.commands))
	for i, o := range l.commands {
		if o.byChat() {
			c.give(o) // in this order
			continue
		}
		wg.Go(func() { acks[i] = c.give(o) })
	}
	if l.visit != "" {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Second)
			defer cancel()
			_, _ = visit(ctx, l.visit, l.visit) // it is the counting that matters
		})
	}
	patience := 4 * time.Second
	if l.at == "" {
		patience = time.Duration(c.rng.IntN(2500)) * time.Millisecond
	}
	select {
	case <-c.done:
		c.points[strings.SplitN(l.at, "#", 2)[0]]++
	case <-time.After(patience):
		c.missed++
	}
	c.kill()
	c.kills++
	wg.Wait()
	c.remember(l, acks)
}

// litter leaves a directory that no row knows, as if of an older life.
func (c *crasher) litter() {
	c.t.Helper()
	if err := os.MkdirAll(filepath.Join(c.dir, "run", "i", "aaaabbbbcccc", "control"), 0o700); err != nil {
		c.t.Fatal(err)
	}
}

// awake lets a daemon that nothing happens to work for a while.
func (c *crasher) awake(d time.Duration) {
	c.t.Helper()
	c.env = nil
	if !c.alive() {
		c.start()
	}
	time.Sleep(max(d, 0)) // a deadline comes by the wall clock
	c.kill()
	c.remember(life{}, nil)
}
