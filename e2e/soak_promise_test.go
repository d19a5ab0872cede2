package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// restLimit is how long everything may take to be in order again. Tors that
// are killed together have to find the network anew.
const restLimit = 3 * time.Minute

// rest waits until what was asked for is there and nothing else is, and counts
// what is not in order then.
func (s *soak) rest() {
	s.t.Helper()
	var wrong []string
	for deadline := time.Now().Add(restLimit); ; time.Sleep(500 * time.Millisecond) {
		if wrong = s.disorder(); len(wrong) == 0 {
			break
		}
		if time.Now().After(deadline) {
			s.count(wrong)
			s.say(deadline.Add(-restLimit))
			s.t.Fatalf("after %v, with %v killed:\n%s", restLimit, s.kills, strings.Join(wrong, "\n"))
		}
	}
	s.wantOpen()
}

// disorder is what differs from what was asked for, in sentences that begin
// with lost, doubled or orphaned.
func (s *soak) disorder() []string {
	seen := s.look()
	seen.alarm = nil // that something was down was true
	var wrong []string
	for _, line := range s.amiss(seen) {
		wrong = append(wrong, kindOf(line)+": "+line)
	}
	byName := make(map[string][]row)
	for _, r := range seen.rows {
		if !r.gone() {
			byName[r.name] = append(byName[r.name], r)
		}
	}
	for name, address := range s.wanted {
		wrong = append(wrong, s.wants(name, address, byName[name])...)
		delete(byName, name)
	}
	for name := range byName {
		wrong = append(wrong, "orphaned: the row of "+name+", which should have ended")
	}
	return append(wrong, s.misspoken()...)
}

// wants sees to one site that should run, at the address that it had.
func (s *soak) wants(name, address string, rows []row) []string {
	switch {
	case len(rows) == 0:
		return []string{"lost: " + name}
	case len(rows) > 1:
		return []string{fmt.Sprintf("doubled: %d instances of %s", len(rows), name)}
	case address != "" && rows[0].address != address:
		return []string{"lost: the address of " + name}
	case rows[0].state != "reachable":
		return []string{"lost: " + name + " is " + rows[0].state}
	case s.more && rows[0].repairs > 0:
		return []string{fmt.Sprintf("lost: %s was repaired %d times, and that has not held yet", name, rows[0].repairs)}
	}
	s.wanted[name] = rows[0].address
	return nil
}

// misspoken looks through the chat: each site is called reachable for the
// first time once, each end is told once.
func (s *soak) misspoken() []string {
	said := make(map[string]int)
	for _, p := range s.server.Posts() {
		first, _, _ := strings.Cut(p.Text, "\n")
		for _, words := range []string{" is reachable (", " is gone: "} {
			if name, _, ok := strings.Cut(first, words); ok {
				said[name[strings.LastIndexByte(name, ' ')+1:]+words]++
			}
		}
	}
	var wrong []string
	once := func(name, words string) {
		if n := said[name+words]; n == 0 {
			wrong = append(wrong, "lost: nobody was told that "+name+words)
		} else if n > 1 {
			wrong = append(wrong, fmt.Sprintf("doubled: said %d times: %s%s", n, name, words))
		}
	}
	for name := range s.wanted {
		once(name, " is reachable (")
	}
	for _, name := range s.ended {
		once(name, " is gone: ")
	}
	return wrong
}

// kindOf says what a line of amiss is a case of.
func kindOf(line string) string {
	for kind, words := range map[string][]string{
		"doubled":  {"more than once", "on two tors"},
		"orphaned": {"container onionbot", "no row knows", "still knows"},
	} {
		if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(line, w) }) {
			return kind
		}
	}
	return "lost"
}

func (s *soak) count(wrong []string) {
	for _, line := range wrong {
		kind, _, _ := strings.Cut(line, ":")
		s.wrong[kind]++
	}
}

// wantOpen visits one of the sites, as somebody who was never there.
func (s *soak) wantOpen() {
	s.t.Helper()
	for name, address := range s.wanted {
		wait(s.t, 90*time.Second, "open: "+name, func() bool { return opensAnew(s.t, address) })
		return
	}
}

// wantNothing sees that nothing is left when everything was stopped.
func (s *soak) wantNothing() {
	s.t.Helper()
	for _, name := range s.containers() {
		s.wrong["orphaned"]++
		s.t.Errorf("container left: %s", name)
	}
	entries, err := os.ReadDir(filepath.Join(s.dir, "run", "i"))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range entries {
		s.wrong["orphaned"]++
		s.t.Errorf("directory left: %s", e.Name())
	}
}
