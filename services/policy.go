package services

import "time"

// Policy holds the times and counts that the engine works by. The zero value
// of a field is replaced by the default that [DefaultPolicy] names.
type Policy struct {
	StartLimit    time.Duration   // from accepted to verified; then given up and removed
	Hold          time.Duration   // how long the first reply waits for "reachable"
	Reminders     []time.Duration // before expiry, each only for lives longer than twice that
	Watch         time.Duration   // between two probes of a reachable address
	ProbeTimeout  time.Duration   // of one probe
	ProbeRetry    time.Duration   // between two probes of an address that is not reachable yet
	StepTimeout   time.Duration   // of one call to Docker or tor, publication excepted
	BuildTimeout  time.Duration   // of one image build
	GoneLimit     time.Duration   // how long the check that an address no longer opens may go on
	DownGrace     time.Duration   // trouble that is over sooner is not told
	MaxRepairs    int             // consecutive repairs before an instance is given up
	RepairBackoff time.Duration   // first pause between repairs; doubled each time
	MaxBackoff    time.Duration
	MinLife       time.Duration // shortest life that may be asked for
	SlowTick      time.Duration // between two full comparisons
	MaxInstances  int           // on this host, all users together; 0 = no limit
	Keep          time.Duration // how long ended rows and audit entries are kept
	WarmAge       time.Duration // a warm address is replaced after this long
	NoWarm        bool          // no addresses ahead of time
}

// DefaultPolicy returns the defaults.
func DefaultPolicy() Policy {
	return Policy{
		StartLimit:    180 * time.Second,
		Hold:          3 * time.Second,
		Reminders:     []time.Duration{15 * time.Minute, 2 * time.Minute},
		Watch:         5 * time.Minute,
		ProbeTimeout:  30 * time.Second,
		ProbeRetry:    time.Second,
		StepTimeout:   30 * time.Second,
		BuildTimeout:  10 * time.Minute,
		GoneLimit:     20 * time.Second,
		DownGrace:     2 * time.Second,
		MaxRepairs:    8,
		RepairBackoff: time.Second,
		MaxBackoff:    time.Minute,
		MinLife:       time.Minute,
		SlowTick:      time.Minute,
		Keep:          30 * 24 * time.Hour,
		WarmAge:       12 * time.Hour,
	}
}

// backoff is the pause after the n-th failure in a row (n from 1).
func (p *Policy) backoff(n int) time.Duration {
	d := p.RepairBackoff
	for i := 1; i < n && d < p.MaxBackoff; i++ {
		d *= 2
	}
	return min(d, p.MaxBackoff)
}
