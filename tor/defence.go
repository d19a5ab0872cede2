package tor

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"onionbot/services"
)

// What one visitor can take from the others is bounded by tor itself, before
// anything of it reaches the service.
const (
	// streamsPerCircuit is how many connections one visitor may hold open at a
	// time. A browser holds six to one server; a circuit that asks for more than
	// this is closed, with all its streams. Whoever builds many circuits pays for
	// each.
	streamsPerCircuit = 32
	// powRate is how many visitors may come in each second, on average, before
	// tor asks newcomers for a proof of work; powBurst how many may come at once.
	// Nobody is asked for one before.
	powRate, powBurst = 25, 250
)

// Defences tells what keeps the visitors of an address from each other. One tor
// that hosts and cannot ask for a proof of work is enough to say so.
func (p *Pool) Defences() services.Defences {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := services.Defences{Streams: streamsPerCircuit, Newcomers: powRate}
	for _, m := range p.members {
		if m.hosts && !m.pow {
			d.Newcomers = 0
		}
	}
	return d
}

// defences are the words of ADD_ONION for these bounds.
func defences(pow bool) []string {
	words := []string{fmt.Sprintf("MaxStreams=%d", streamsPerCircuit)}
	if pow {
		words = append(words, "PoWDefensesEnabled=1", fmt.Sprintf("PoWQueueRate=%d", powRate), fmt.Sprintf("PoWQueueBurst=%d", powBurst))
	}
	return words
}

// add adds the onion to the tor, with proof of work where it has that: a tor
// that does not know the words refuses the whole request and is asked again
// without them.
func (m *member) add(ctx context.Context, s *session, spec services.OnionSpec) (there bool, err error) {
	m.pool.mu.Lock()
	pow := m.pow
	m.pool.mu.Unlock()
	there, err = s.add(ctx, spec, pow)
	if !pow || refusal(err) != codeSyntax {
		return there, err
	}
	if there, err = s.add(ctx, spec, false); err == nil {
		m.log.Warn("tor has no proof of work for onions; they are published without")
		m.pool.mu.Lock()
		m.pow = false
		m.pool.mu.Unlock()
	}
	return there, err
}

// hasPoW reports whether a version of tor takes proof of work in ADD_ONION.
func hasPoW(version string) bool {
	var major, minor, micro int
	if _, err := fmt.Sscanf(version, "%d.%d.%d", &major, &minor, &micro); err != nil {
		return true // it is tried
	}
	return major > 0 || minor > 4 || minor == 4 && micro >= 9
}

// ProofOfWork reports whether a tor program can ask visitors for a proof of
// work when too many come at once. One that was built without it, or is older
// than 0.4.9, publishes onions without.
func ProofOfWork(ctx context.Context, program string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	version, err := exec.CommandContext(ctx, program, "--version").Output()
	if err != nil {
		return false, err
	}
	modules, err := exec.CommandContext(ctx, program, "--list-modules").Output()
	if err != nil {
		return false, err
	}
	_, number, _ := strings.Cut(string(version), "Tor version ")
	return hasPoW(number) && strings.Contains(string(modules), "pow: yes"), nil
}
