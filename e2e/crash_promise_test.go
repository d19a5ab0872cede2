package e2e

import (
	"slices"
	"strings"
	"time"
)

// promise is what the bot has accepted about one instance.
type promise struct {
	name    string
	id      string // "" until the row was seen
	address string
	expires time.Time // the latest deadline that was accepted
	stopped bool      // a stop was accepted
	ended   bool
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
			most := 1
			if strings.Contains(first, " lives longer ") || strings.Contains(first, " has ended in the meantime") {
				// Each "more" has one of these two answers.
				first, most = "an answer to more", c.asked[order{verb: "more", name: name}]
			}
			counts[first]++
			if counts[first] > most {
				c.t.Errorf("said %d times: %s", counts[first], first)
			}
		}
		c.t.Logf("%s: %q", name, said)
	}
}
