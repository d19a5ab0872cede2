package services

import (
	"sort"
	"time"
)

// StepKind is one thing the reconciler can do.
type StepKind string

// The steps. Each is repeatable, and each may be cut off at any instruction.
const (
	StepRun             StepKind = "run"              // make the container run
	StepDeadline        StepKind = "deadline"         // tell the shim the deadline of the row
	StepArm             StepKind = "arm"              // let the shim count visitors
	StepPublish         StepKind = "publish"          // make a tor publish the onion
	StepProbe           StepKind = "probe"            // open the address through another tor
	StepCount           StepKind = "count"            // save the visits counted so far
	StepShow            StepKind = "show"             // make the newest content the current one
	StepEnd             StepKind = "end"              // decide that it ends, for Reason
	StepRemoveContainer StepKind = "remove-container" // end the container, remove its directory
	StepRemoveOnion     StepKind = "remove-onion"     // delete the onion, close its circuits
	StepVerifyGone      StepKind = "verify-gone"      // see that the address no longer opens
	StepFinish          StepKind = "finish"           // erase the row, tell the owner
)

// Step is one planned action. Steps of one plan do not depend on each other
// and may run at the same time; what depends on a step is planned when its
// effect has been observed.
type Step struct {
	Kind     StepKind
	Instance string // "" for an onion that no row knows
	Address  string
	Reason   Reason
	Fault    Fault
}

// Observed is what Docker and tor were seen to have. What was not seen is
// left alone: nothing is planned on a guess.
type Observed struct {
	Docker     bool // containers are known
	Tor        bool // onions are known
	Complete   bool // both lists hold everything there is, so orphans can be told
	Containers map[string]Container
	Onions     map[string]OnionStatus
	Memos      map[string]Memo
}

// Memo is what the engine remembers of an instance between two plans, and
// may forget at any time without harm.
type Memo struct {
	Since        time.Time // when this process first saw the instance, or its image became ready
	Shown        int       // revision of the content that is shown
	RunAfter     time.Time // no Run before this
	PublishAfter time.Time
	ProbeAfter   time.Time
	EndAfter     time.Time // no End before this: the last one could not be written down
	ProbeFailed  int       // consecutive failures
	GoneSince    time.Time
	GoneChecked  bool // the address was seen not to open, or the check was given up
	KeyMissing   bool // the onion key was never on disk and is not in memory
}

// Plan compares what should be with what was observed and returns the steps
// that bring them together. It is pure: the same arguments give the same
// steps, and applying them repeatedly converges.
func Plan(p *Policy, desired []*Instance, seen *Observed, now time.Time) []Step {
	var steps []Step
	for _, inst := range desired {
		memo := seen.Memos[inst.ID]
		v := view{policy: p, inst: inst, seen: seen, memo: memo, now: now}
		v.container, v.hasContainer = seen.Containers[inst.ID]
		v.hasContainer = v.hasContainer && (v.container.State != ContainerAbsent || v.container.Files)
		v.onion, v.hasOnion = seen.Onions[inst.Onion.Address]
		v.hasOnion = v.hasOnion && v.onion.State != OnionAbsent
		switch {
		case inst.State == StateGone:
			// nothing is desired of it: what is left counts as an orphan below
		case inst.Desired == DesiredGone:
			steps = append(steps, v.down()...)
		case now.Before(memo.EndAfter):
			// it should end, and the row could not be written just now
		case !inst.ExpiresAt.After(now):
			steps = append(steps, v.step(StepEnd, ReasonExpired, FaultNone))
		case inst.Desired == DesiredWarm:
			steps = append(steps, v.publish()...)
		default:
			steps = append(steps, v.up()...)
		}
	}
	if seen.Complete {
		steps = append(steps, orphans(desired, seen)...)
	}
	return steps
}

// view is one instance with everything that was seen of it.
type view struct {
	policy       *Policy
	inst         *Instance
	seen         *Observed
	memo         Memo
	now          time.Time
	container    Container
	hasContainer bool
	onion        OnionStatus
	hasOnion     bool
}

func (v *view) step(kind StepKind, reason Reason, fault Fault) Step {
	return Step{Kind: kind, Instance: v.inst.ID, Address: v.inst.Onion.Address, Reason: reason, Fault: fault}
}

// up plans for an instance that should run.
func (v *view) up() []Step {
	if end, ok := v.verdict(); ok {
		return []Step{end}
	}
	var steps []Step
	steps = append(steps, v.run()...)
	steps = append(steps, v.publish()...)
	return append(steps, v.probe()...)
}

// verdict is the step that ends an instance by its own rules or because it
// cannot be brought up.
func (v *view) verdict() (Step, bool) {
	if v.seen.Docker && v.container.State == ContainerExited {
		switch v.container.Exit {
		case ExitIdle:
			return v.step(StepEnd, ReasonIdle, FaultNone), true
		case ExitVisits:
			return v.step(StepEnd, ReasonVisits, FaultNone), true
		}
	}
	if v.memo.KeyMissing && v.seen.Tor && !v.hasOnion {
		return v.step(StepEnd, ReasonLost, FaultTor), true
	}
	if v.inst.ReadyAt.IsZero() {
		since := latest(v.inst.CreatedAt, v.memo.Since)
		if !v.now.Before(since.Add(v.policy.StartLimit)) {
			return v.step(StepEnd, ReasonUnreachable, v.fault()), true
		}
		return Step{}, false
	}
	if v.inst.Repairs > v.policy.MaxRepairs {
		return v.step(StepEnd, ReasonFailed, v.fault()), true
	}
	return Step{}, false
}

func (v *view) fault() Fault {
	if v.inst.Fault != FaultNone {
		return v.inst.Fault
	}
	return FaultProbe
}

func (v *view) run() []Step {
	if !v.seen.Docker {
		return nil
	}
	if v.container.State != ContainerRunning {
		if v.now.Before(v.memo.RunAfter) {
			return nil
		}
		return []Step{v.step(StepRun, "", FaultNone)}
	}
	var steps []Step
	if !sameMoment(v.container.Deadline, v.inst.ExpiresAt) {
		steps = append(steps, v.step(StepDeadline, "", FaultNone))
	}
	if v.inst.Rules != (Rules{}) && v.inst.State == StateReachable && !v.container.Armed {
		steps = append(steps, v.step(StepArm, "", FaultNone))
	}
	if v.inst.Content > v.memo.Shown {
		steps = append(steps, v.step(StepShow, "", FaultNone))
	}
	if v.container.Visits > v.inst.Visits {
		steps = append(steps, v.step(StepCount, "", FaultNone))
	}
	return steps
}

func (v *view) publish() []Step {
	if !v.seen.Tor || v.onion.State == OnionPublished || v.now.Before(v.memo.PublishAfter) {
		return nil
	}
	return []Step{v.step(StepPublish, "", FaultNone)}
}

func (v *view) probe() []Step {
	there := v.seen.Docker && v.seen.Tor &&
		v.container.State == ContainerRunning && v.onion.State == OnionPublished
	if !there || v.now.Before(v.memo.ProbeAfter) {
		return nil
	}
	settled := v.inst.State == StateReachable && v.memo.ProbeFailed == 0
	if settled && (v.now.Before(v.inst.CheckedAt.Add(v.policy.Watch)) || v.inst.Rules != (Rules{})) {
		return nil
	}
	return []Step{v.step(StepProbe, "", FaultNone)}
}

// containerFirst is how long the end of an onion waits for the end of its
// container.
const containerFirst = 2 * time.Second

// down plans for an instance of which nothing should be left.
func (v *view) down() []Step {
	var steps []Step
	if v.seen.Docker && v.hasContainer {
		steps = append(steps, v.step(StepRemoveContainer, "", FaultNone))
	}
	// The container goes first: its end closes the visitors' connections, and
	// tor tells them. Circuits that are torn down under open connections leave
	// visitors waiting for minutes. But a slow engine keeps no address open.
	first := v.seen.Docker && v.hasContainer && v.now.Before(v.inst.UpdatedAt.Add(containerFirst))
	if v.seen.Tor && v.hasOnion && !first {
		steps = append(steps, v.step(StepRemoveOnion, "", FaultNone))
	}
	if len(steps) > 0 || !v.seen.Docker || !v.seen.Tor {
		return steps
	}
	// An address that was never open needs no check.
	if v.inst.ReadyAt.IsZero() || v.memo.GoneChecked {
		return []Step{v.step(StepFinish, "", FaultNone)}
	}
	if v.now.Before(v.memo.ProbeAfter) {
		return nil
	}
	return []Step{v.step(StepVerifyGone, "", FaultNone)}
}

// orphans plans the removal of what carries our mark and belongs to no row.
func orphans(desired []*Instance, seen *Observed) []Step {
	ids, addresses := make(map[string]bool), make(map[string]bool)
	for _, inst := range desired {
		if inst.State != StateGone {
			ids[inst.ID], addresses[inst.Onion.Address] = true, true
		}
	}
	var steps []Step
	for id, c := range seen.Containers {
		if seen.Docker && !ids[id] && (c.State != ContainerAbsent || c.Files) {
			steps = append(steps, Step{Kind: StepRemoveContainer, Instance: id})
		}
	}
	for address, status := range seen.Onions {
		if seen.Tor && !addresses[address] && !status.Foreign && status.State != OnionAbsent {
			steps = append(steps, Step{Kind: StepRemoveOnion, Address: address})
		}
	}
	sort.Slice(steps, func(i, j int) bool {
		if steps[i].Instance != steps[j].Instance {
			return steps[i].Instance < steps[j].Instance
		}
		return steps[i].Address < steps[j].Address
	})
	return steps
}

// NextLook is the next moment at which time alone changes the plan of an
// instance; zero if only an event can.
func NextLook(p *Policy, inst *Instance, memo Memo, now time.Time) time.Time {
	var next time.Time
	consider := func(t time.Time) {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	consider(memo.RunAfter)
	consider(memo.PublishAfter)
	consider(memo.ProbeAfter)
	consider(memo.EndAfter)
	if inst.Desired == DesiredGone {
		consider(inst.UpdatedAt.Add(containerFirst))
		return next
	}
	consider(inst.ExpiresAt)
	if inst.Desired == DesiredWarm {
		return next
	}
	if inst.ReadyAt.IsZero() {
		consider(latest(inst.CreatedAt, memo.Since).Add(p.StartLimit))
	} else if inst.Rules == (Rules{}) {
		consider(inst.CheckedAt.Add(p.Watch))
	}
	return next
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// sameMoment compares to the millisecond, which is what files and rows keep.
func sameMoment(a, b time.Time) bool { return a.UnixMilli() == b.UnixMilli() }
