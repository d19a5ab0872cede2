package services

import "time"

// Policy holds the times and counts that manager and reconciler work by. A
// field that is zero stands for its default in [DefaultPolicy], except where
// its comment says what zero means.
type Policy struct {
	StartLimit    time.Duration   // from accepted to verified; then given up and removed. Only time in which it could go on counts
	AbsentLimit   time.Duration   // how long a start waits for Docker and tor to answer; then given up and removed
	Hold          time.Duration   // how long the first reply waits for "reachable"; 0 = not at all
	Reminders     []time.Duration // before expiry, each only for lives longer than twice that; none = none
	Watch         time.Duration   // between two probes of a reachable address, give or take a quarter
	ProbeTimeout  time.Duration   // of one probe
	ProbeRetry    time.Duration   // between two probes of an address that is not reachable yet
	StepTimeout   time.Duration   // of one call to Docker or tor, publication excepted
	BuildTimeout  time.Duration   // of one image build
	GoneLimit     time.Duration   // how long the check that an address no longer opens may go on
	DownGrace     time.Duration   // trouble that is over sooner is not told; 0 = all is told at once
	StuckLimit    time.Duration   // a container that is paused, or whose shim is deaf, is replaced after this long
	EarlyExit     time.Duration   // an app that ends sooner after its start has failed, and is repaired ever more slowly
	MaxRepairs    int             // consecutive repairs before an instance is given up
	RepairBackoff time.Duration   // pause after the first failure of a step; doubled each time
	MaxBackoff    time.Duration   // the longest such pause
	MinLife       time.Duration   // shortest life that may be asked for
	SlowTick      time.Duration   // between two resyncs
	MaxInstances  int             // on this host, all users together; 0 = no limit
	MaxMemory     int64           // bytes that the services of this host may be promised together; 0 = no limit
	Keep          time.Duration   // how long ended rows and audit entries are kept
	WarmAge       time.Duration   // a warm address is replaced after this long
	NoWarm        bool            // no addresses ahead of time
}

// DefaultPolicy returns the defaults.
func DefaultPolicy() Policy {
	return Policy{
		StartLimit:    180 * time.Second,
		AbsentLimit:   10 * time.Minute,
		Hold:          3 * time.Second,
		Reminders:     []time.Duration{15 * time.Minute, 2 * time.Minute},
		Watch:         5 * time.Minute,
		ProbeTimeout:  30 * time.Second,
		ProbeRetry:    time.Second,
		StepTimeout:   30 * time.Second,
		BuildTimeout:  10 * time.Minute,
		GoneLimit:     20 * time.Second,
		DownGrace:     2 * time.Second,
		StuckLimit:    30 * time.Second,
		EarlyExit:     time.Minute,
		MaxRepairs:    8,
		RepairBackoff: time.Second,
		MaxBackoff:    time.Minute,
		MinLife:       time.Minute,
		SlowTick:      time.Minute,
		Keep:          30 * 24 * time.Hour,
		WarmAge:       12 * time.Hour,
	}
}

// WithDefaults returns the policy with defaults for the fields that are zero
// and must not be.
func (p Policy) WithDefaults() Policy {
	d := DefaultPolicy()
	for field, fallback := range map[*time.Duration]time.Duration{
		&p.StartLimit: d.StartLimit, &p.AbsentLimit: d.AbsentLimit, &p.StuckLimit: d.StuckLimit, &p.EarlyExit: d.EarlyExit, &p.Watch: d.Watch, &p.ProbeTimeout: d.ProbeTimeout, &p.ProbeRetry: d.ProbeRetry,
		&p.StepTimeout: d.StepTimeout, &p.BuildTimeout: d.BuildTimeout, &p.GoneLimit: d.GoneLimit,
		&p.RepairBackoff: d.RepairBackoff, &p.MaxBackoff: d.MaxBackoff, &p.MinLife: d.MinLife, &p.SlowTick: d.SlowTick,
		&p.Keep: d.Keep, &p.WarmAge: d.WarmAge,
	} {
		if *field <= 0 {
			*field = fallback
		}
	}
	if p.MaxRepairs <= 0 {
		p.MaxRepairs = d.MaxRepairs
	}
	return p
}
