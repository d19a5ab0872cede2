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

// promise is what the bot has accepted about one instance.
type promise struct {
	name    string
	id      string // "" until the row was seen
	address string
	expires time.Time // the latest deadline that was accepted
	stopped bool      // a stop was accepted
	ended   bool
}

// life is one life of a daemon: where it is to die and what it is asked for.
type life struct {
	at       string // a point of the crash hook; "" is a random moment
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
	seed := uint64(time.Now().UnixNano()) //nolint:gosec // any bits
	t.Logf("seed %d", seed)
	server := mastodontest.New(t, mastodontest.Mastodon45)
	ann := server.AddAccount("ann")
	c := &crasher{
		written: make(map[string]string), asked: make(map[order]int),
		server: server, ann: ann, bot: newBot(t, chatUser(server, ann)), rng: rand.New(rand.NewPCG(seed, 0)), //nolint:gosec // no secret
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

// plan is where daemons die in the three parts of a season: while things
// start, while they are extended and stopped, while they expire.
type plan struct{ starts, changes, expiries []string }

func shortPlan() plan {
	return plan{
		starts:   []string{"before:commit#2", "after:run#1", "before:publish#2", "after:probe#1"},
		changes:  []string{"after:commit#1", "before:deadline#1", "after:remove-container#1", "before:verify-gone#1", "before:orphan#1", ""},
		expiries: []string{"before:end#1", "after:remove-onion#1", "before:finish#1"},
	}
}

// longPlan goes through every point, a different part in each season.
func longPlan(n int) plan {
	var p plan
	take := func(from []string, many int) []string {
		var out []string
		for i := range many {
			at := from[(n*many+i)%len(from)]
			if at != "" {
				at += fmt.Sprintf("#%d", 1+n%3)
			}
			out = append(out, at)
		}
		return out
	}
	p.starts = take(bothSides("run", "commit", "publish", "probe", "arm", ""), 6)
	p.changes = take(bothSides("deadline", "remove-container", "commit", "remove-onion", "verify-gone", "finish", "count", "orphan", "show", ""), 8)
	p.expiries = take(bothSides("end", "remove-container", "remove-onion", "verify-gone", "finish", "commit", ""), 6)
	return p
}

func bothSides(steps ...string) []string {
	var out []string
	for _, step := range steps {
		if step == "" {
			out = append(out, "", "")
			continue
		}
		out = append(out, "before:"+step, "after:"+step)
	}
	return out
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
	if rest := time.Until(c.nextExpiry()); rest > 0 {
		c.awake(rest)
	}
	c.restAwake()
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

// remember compares what a death has left with what was promised before, and
// notes what was accepted meanwhile.
func (c *crasher) remember(l life, acks []bool) {
	c.t.Helper()
	s := c.look()
	for _, r := range s.rows { // a message that was kept may be carried out by a later daemon
		if c.issued[r.name] && c.promises[r.name] == nil {
			c.promises[r.name] = &promise{name: r.name, id: r.id, address: r.address, expires: r.expires}
		}
	}
	for i, o := range l.commands {
		p := c.promises[o.name]
		r, found := row{}, false
		if p != nil {
			r, found = s.rows[p.id]
		}
		if acks[i] && !found {
			c.t.Fatalf("at %q: %v was acknowledged and is not in the database", l.at, o.words())
		}
		if found && acks[i] && o.verb == "stop" && r.desired != "gone" {
			c.t.Errorf("at %q: %v was acknowledged, the row says %+v", l.at, o.words(), r)
		}
		if found && acks[i] && o.verb == "more" && !r.gone() && r.expires.Before(p.expires.Add(29*time.Minute)) {
			c.t.Errorf("at %q: %v was acknowledged, the row says %v, before %v", l.at, o.words(), r.expires, p.expires)
		}
	}
	for _, p := range c.promises {
		c.hold(p, s)
	}
}

// hold holds one row against its promise.
func (c *crasher) hold(p *promise, s *snapshot) {
	c.t.Helper()
	r, ok := s.rows[p.id]
	if !ok {
		c.t.Fatalf("%s is forgotten", p.name)
	}
	now := time.Now()
	switch {
	case p.ended && !r.gone():
		c.t.Errorf("%s has come back: %+v", p.name, r)
	case p.stopped && r.desired != "gone":
		c.t.Errorf("the stop of %s is forgotten: %+v", p.name, r)
	case r.gone() && !p.stopped && r.reason != "stopped" && now.Before(p.expires):
		c.t.Errorf("%s ended before its time, because %s", p.name, r.reason)
	case !r.gone() && r.address != p.address:
		c.t.Errorf("%s has another address", p.name)
	case r.expires.Before(p.expires):
		c.t.Errorf("%s was to live until %v, now %v", p.name, p.expires, r.expires)
	case r.gone() && r.reason == "expired" && r.ended.Before(r.expires.Add(-time.Second)):
		c.t.Errorf("%s ended %v early", p.name, r.expires.Sub(r.ended))
	}
	p.expires, p.stopped, p.ended = r.expires, r.desired == "gone", r.gone()
	if !p.ended && now.After(p.expires.Add(10*time.Second)) && c.runs("onionbot-"+p.id) {
		c.t.Errorf("%s still runs %v after its deadline", p.name, now.Sub(p.expires))
	}
}

// runs reports whether a container is more than what is left of it.
func (c *crasher) runs(container string) bool {
	out, err := c.output("docker", "ps", "-q", "--filter", "name="+container)
	return err == nil && out != ""
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

// restAwake lets a daemon finish everything, looks at it, and kills it.
func (c *crasher) restAwake() {
	c.t.Helper()
	c.env = nil
	c.start()
	wait(c.t, 60*time.Second, "carried out: every message of the chat", c.heardAll)
	for _, p := range c.promises {
		if p.ended {
			continue
		}
		wait(c.t, 60*time.Second, "as promised: "+p.name, func() bool {
			r := c.look().rows[p.id]
			if p.stopped || time.Now().After(p.expires) {
				return r.gone()
			}
			return r.state == "reachable" || r.gone()
		})
	}
	c.atRest(20 * time.Second)
	c.kill()
	c.kills++
	c.remember(life{}, nil)
	if c.t.Failed() {
		c.t.FailNow()
	}
}

// heardAll reports whether every start that was written in the chat has become
// a row, and every stop has been understood.
func (c *crasher) heardAll() bool {
	s := c.look()
	known := make(map[string]row)
	for _, r := range s.rows {
		known[r.name] = r
	}
	for name, verb := range c.written {
		p := c.promises[name]
		if p == nil {
			r, ok := known[name]
			if !ok {
				return false
			}
			p = &promise{name: name, id: r.id, address: r.address, expires: r.expires}
			c.promises[name] = p
		}
		if verb == "stop" && s.rows[p.id].desired != "gone" {
			return false
		}
	}
	clear(c.written)
	return true
}

// running are those of the names that were accepted, live on, and fit.
func (c *crasher) running(names []string, fit func(*promise) bool) []string {
	var out []string
	for _, name := range names {
		if p := c.promises[name]; p != nil && !p.stopped && !p.ended && fit(p) {
			out = append(out, name)
		}
	}
	return out
}

// nextExpiry is the earliest deadline that has not been seen to be kept.
func (c *crasher) nextExpiry() time.Time {
	var next time.Time
	for _, p := range c.promises {
		if !p.ended && !p.stopped && (next.IsZero() || p.expires.Before(next)) {
			next = p.expires
		}
	}
	return next
}

// wantAllEnded sees that of a season nothing is left: not in the machine, not
// in the files, not for a visitor.
func (c *crasher) wantAllEnded(names []string) {
	c.t.Helper()
	c.start()
	var secrets []string
	accepted := 0
	for _, name := range names {
		p := c.promises[name]
		if p == nil && (order{name: name}).byChat() {
			c.t.Errorf("the message that asks for %s is lost", name)
		}
		if p == nil {
			continue // the daemon died before it accepted it
		}
		accepted++
		if !p.ended {
			c.t.Errorf("%s should have ended: %+v", name, *p)
		}
		secrets = append(secrets, p.address, strings.TrimSuffix(p.address, ".onion"))
		delete(c.promises, name)
	}
	if accepted < len(names)/3 {
		c.t.Errorf("only %d of %d starts were accepted: this shows little", accepted, len(names))
	}
	secrets = append(secrets, page)
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end) && len(c.holding(secrets...)) > 0; {
		time.Sleep(200 * time.Millisecond) // files of another process
	}
	c.wantForgotten(secrets...)
	if accepted > 0 {
		wantDark(c.t, secrets[2*c.rng.IntN(accepted)])
	}
	if left := c.containers(); len(left) > 0 {
		c.t.Errorf("containers left: %v", left)
	}
	c.wantToldOnce(names)
	c.kill()
	if c.t.Failed() {
		c.t.FailNow()
	}
}

// wantToldOnce reads what was said in the chat: for each instance one card,
// one end, and nothing twice.
func (c *crasher) wantToldOnce(names []string) {
	c.t.Helper()
	for _, name := range names {
		if !(order{name: name}).byChat() {
			continue
		}
		var said []string
		wait(c.t, 20*time.Second, "told: the end of "+name, func() bool {
			said = nil
			for _, p := range c.server.Posts() {
				if strings.Contains(p.Text, name+" ") || strings.Contains(p.Text, name+".") {
					said = append(said, p.Text)
				}
			}
			return slices.ContainsFunc(said, func(text string) bool { return strings.Contains(text, name+" is gone: ") })
		})
		counts := make(map[string]int)
		for _, text := range said {
			first, _, _ := strings.Cut(text, "\n")
			counts[first]++
			most := 1
			if strings.Contains(first, " lives longer ") {
				most = c.asked[order{verb: "more", name: name}]
			}
			if counts[first] > most {
				c.t.Errorf("said %d times: %s", counts[first], first)
			}
		}
		c.t.Logf("%s: %q", name, said)
	}
}
