package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"onionbot/bots/mastodon/mastodontest"
)

// soak is an installation with an engine of its own, of which anything is
// killed at any moment, and what was asked of it.
type soak struct {
	*bot
	engine *engine
	server *mastodontest.Server
	ann    *mastodontest.Account
	rng    *rand.Rand
	number int
	wanted map[string]string // sites that should run, to their addresses once they are known
	ended  []string          // names of those that were stopped
	kills  map[string]int    // by what was killed
	wrong  map[string]int    // lost, doubled, orphaned
	more   bool              // another wave follows
	broken int               // kills of this wave after which a container has to be replaced
}

// soakKills is how many kills there are: ONIONBOT_SOAK_KILLS, 1,000 in a soak,
// a few otherwise.
func soakKills() int {
	if n, err := strconv.Atoi(os.Getenv("ONIONBOT_SOAK_KILLS")); err == nil {
		return n
	}
	if os.Getenv("ONIONBOT_SOAK") != "" {
		return 1000
	}
	return waveKills
}

// TestNothingIsLostWhateverIsKilled kills the bot, the engine, tors and what
// runs in containers, at random moments and several at once, while somebody
// starts and stops sites in a chat. After each wave of kills all that was asked
// for is there, once, and nothing else. With ONIONBOT_SOAK several
// installations go on side by side until there were 1,000 kills.
func TestNothingIsLostWhateverIsKilled(t *testing.T) {
	want := soakKills()
	if os.Getenv("ONIONBOT_SOAK") == "" {
		t.Parallel()
		newSoak(t).endure(want, waveKills)
		return
	}
	began, all := time.Now(), make([]*soak, soakInstallations)
	t.Cleanup(func() {
		total := &soak{kills: make(map[string]int), wrong: make(map[string]int)}
		for _, s := range all {
			if s != nil {
				total.add(s)
			}
		}
		fmt.Print("in all, ")
		total.say(began)
	})
	for n := range all {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			all[n] = newSoak(t)
			all[n].endure((want+len(all)-1)/len(all), longWaveKills)
		})
	}
}

// endure goes through waves of so many kills until there were as many as wanted.
func (s *soak) endure(want, inWave int) {
	s.t.Helper()
	began := time.Now()
	for wave := 0; s.killed() < want; wave++ {
		// The short form has one wave, and is begun when there is time for it.
		if limit, ok := s.t.Deadline(); ok && wave > 0 && time.Until(limit) < restLimit+time.Minute {
			s.t.Errorf("only %d kills in the time that was given", s.killed())
			break
		}
		s.ask()
		s.broken = 0
		for end := min(s.killed()+inWave, want); s.killed() < end; {
			time.Sleep(time.Duration(100+s.rng.IntN(1400)) * time.Millisecond) // any moment
			s.strike()
		}
		s.more = s.killed() < want
		s.rest()
		if wave%5 == 4 {
			s.say(began)
		}
	}
	for len(s.wanted) > 0 {
		s.stopOne()
	}
	s.rest()
	s.wantNothing()
	s.say(began)
}

// add takes over another installation's counts.
func (s *soak) add(o *soak) {
	for what, n := range o.kills {
		s.kills[what] += n
	}
	for what, n := range o.wrong {
		s.wrong[what] += n
	}
	s.number += o.number
	s.ended = append(s.ended, o.ended...)
}

func newSoak(t *testing.T) *soak {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	setUp(t)
	server := mastodontest.New(t, mastodontest.Mastodon45)
	ann := server.AddAccount("ann")
	e := newEngine(t)
	s := &soak{
		bot: newBot(t, chatUser(server, ann)), engine: e, server: server, ann: ann, rng: rand.New(rand.NewPCG(seed, 0)),
		wanted: make(map[string]string), kills: make(map[string]int), wrong: make(map[string]int),
	}
	s.set("docker", fmt.Sprintf("host = %q", e.host))
	s.docker = []string{"-H", e.host}
	t.Cleanup(func() { // before the bot is taken down
		if e.cmd == nil {
			e.start()
		}
	})
	s.write("token", mastodontest.Token)
	s.startAgain()
	return s
}

// startAgain starts the daemon. Killed however it was, it has to come up.
func (s *soak) startAgain() {
	s.t.Helper()
	s.cmd = nil
	s.start()
	if !s.alive() {
		s.t.Fatal("the daemon does not start")
	}
}

// ask has two sites started, and the oldest stopped when there are many.
func (s *soak) ask() {
	for range 2 {
		s.number++
		name := fmt.Sprintf("m%d", s.number)
		s.wanted[name] = ""
		s.server.Mention(s.ann, "direct", "start site as "+name+" for 12h")
	}
	for len(s.wanted) > 5 {
		s.stopOne()
	}
}

func (s *soak) stopOne() {
	oldest := ""
	for name := range s.wanted {
		if oldest == "" || len(name) < len(oldest) || len(name) == len(oldest) && name < oldest {
			oldest = name
		}
	}
	delete(s.wanted, oldest)
	s.ended = append(s.ended, oldest)
	s.server.Mention(s.ann, "direct", "stop "+oldest)
}

func (s *soak) killed() (n int) {
	for _, k := range s.kills {
		n += k
	}
	return n
}

// How many kills there are between two moments of rest, in the short form and
// in a soak, and how many installations a soak has at the same time.
const (
	waveKills         = 12
	longWaveKills     = 40
	soakInstallations = 4
)

// maxBroken bounds the kills of a wave that cost a container: an instance that
// has to be repaired more often than it ever worked is given up, and that is
// right.
const maxBroken = 3

// strike kills one thing, or several at once, and has the daemon and the
// engine started again, as a service manager would.
func (s *soak) strike() {
	s.t.Helper()
	victims := []string{"bot", "bot", "bot", "tor", "tor", "app", "app", "engine"}
	var struck []string
	for range 1 + s.rng.IntN(3) {
		v := victims[s.rng.IntN(len(victims))]
		breaks := v == "app" || v == "engine"
		if slices.Contains(struck, v) || breaks && s.broken >= maxBroken || !s.killOne(v) {
			continue
		}
		struck = append(struck, v)
		s.kills[v]++
		if breaks {
			s.broken++
		}
	}
	if slices.Contains(struck, "engine") {
		s.engine.start()
	}
	if !s.alive() {
		s.startAgain()
	}
}

func (s *soak) killOne(what string) bool {
	switch what {
	case "bot":
		if !s.alive() {
			return false
		}
		s.kill()
		return true
	case "engine":
		s.engine.stop(syscall.SIGKILL)
		return true
	case "tor":
		return s.killAny(s.torsNow())
	}
	return s.killAny(s.appsNow())
}

func (s *soak) killAny(pids []int) bool {
	return len(pids) > 0 && syscall.Kill(pids[s.rng.IntN(len(pids))], syscall.SIGKILL) == nil
}

// torsNow are the bot's tors; there may be none at a moment.
func (s *soak) torsNow() []int {
	out, _ := s.output("pgrep", "-f", "tor .*"+s.dir)
	return numbers(out)
}

// appsNow are the processes in the containers: PID 1 and what it has started.
func (s *soak) appsNow() []int {
	if s.engine.cmd == nil {
		return nil // nobody can be asked
	}
	var pids []int
	for _, name := range s.containers() {
		out, _ := s.output("docker", append(slices.Clone(s.docker), "top", name, "-eo", "pid")...)
		pids = append(pids, numbers(out)...)
	}
	return pids
}

func numbers(text string) (out []int) {
	for _, field := range strings.Fields(text) {
		if n, err := strconv.Atoi(field); err == nil {
			out = append(out, n)
		}
	}
	return out
}

// say prints the counts.
func (s *soak) say(began time.Time) {
	fmt.Printf("soak: %d kills in %v (bot %d, engine %d, tor %d, app %d); %d sites started, %d stopped; %d lost, %d doubled, %d orphaned\n",
		s.killed(), time.Since(began).Round(time.Second), s.kills["bot"], s.kills["engine"], s.kills["tor"], s.kills["app"],
		s.number, len(s.ended), s.wrong["lost"], s.wrong["doubled"], s.wrong["orphaned"])
}
