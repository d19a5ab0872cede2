package reconcile

import (
	"slices"
	"time"

	"onionbot/services"
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
	Kind   StepKind
	Reason services.Reason // of StepEnd
	Fault  services.Fault  // of StepEnd
}

// Observed is what Docker and tor were seen to have of one instance. What was
// not seen is left alone: nothing is planned on a guess.
type Observed struct {
	Docker    bool // Container is known
	Tor       bool // Onion is known
	Container services.Container
	Onion     services.OnionStatus
}

// Plan compares what should be with what was observed and returns the steps
// that bring them together, except those whose back-off is not over. It is
// pure: the same arguments give the same steps, and applying them repeatedly
// converges.
func Plan(p *services.Policy, inst *services.Instance, seen *Observed, memo Memo, now time.Time) []Step {
	v := view{policy: p, inst: inst, Observed: seen, memo: memo, now: now}
	steps := v.steps()
	return slices.DeleteFunc(steps, func(s Step) bool { return !memo.mayTry(s.Kind, now) })
}

// view is one instance with everything that was seen of it.
type view struct {
	policy *services.Policy
	inst   *services.Instance
	memo   Memo
	now    time.Time
	*Observed
}

// steps are those that are wanted, whether their back-off is over or not.
func (v *view) steps() []Step {
	switch {
	case v.inst.Desired == services.DesiredGone:
		return v.down()
	case !v.inst.ExpiresAt.After(v.now):
		return []Step{{Kind: StepEnd, Reason: services.ReasonExpired}}
	case v.inst.Desired == services.DesiredWarm:
		return v.publish()
	}
	return v.up()
}

// hasContainer reports whether there is anything of it in the runtime.
func (v *view) hasContainer() bool {
	return v.Container.State != services.ContainerAbsent || v.Container.Files
}

func (v *view) hasOnion() bool { return v.Onion.State != services.OnionAbsent }

// up plans for an instance that should run.
func (v *view) up() []Step {
	if end, ok := v.ending(); ok {
		return []Step{end}
	}
	var steps []Step
	steps = append(steps, v.run()...)
	steps = append(steps, v.publish()...)
	return append(steps, v.probe()...)
}

// ending is the step that ends an instance by its own rules or because it
// cannot be brought up.
func (v *view) ending() (Step, bool) {
	if v.Docker && v.Container.State == services.ContainerExited {
		switch v.Container.Exit {
		case services.ExitIdle:
			return Step{Kind: StepEnd, Reason: services.ReasonIdle}, true
		case services.ExitVisits:
			return Step{Kind: StepEnd, Reason: services.ReasonVisits}, true
		}
	}
	if v.memo.KeyMissing && v.Tor && !v.hasOnion() {
		return Step{Kind: StepEnd, Reason: services.ReasonLost, Fault: services.FaultTor}, true
	}
	if v.inst.ReadyAt.IsZero() {
		since := latest(v.inst.CreatedAt, v.memo.Since)
		if !v.now.Before(since.Add(v.policy.StartLimit)) {
			return Step{Kind: StepEnd, Reason: services.ReasonUnreachable, Fault: v.fault()}, true
		}
		return Step{}, false
	}
	if v.inst.Repairs > v.policy.MaxRepairs {
		return Step{Kind: StepEnd, Reason: services.ReasonFailed, Fault: v.fault()}, true
	}
	return Step{}, false
}

func (v *view) fault() services.Fault {
	if v.inst.Fault != services.FaultNone {
		return v.inst.Fault
	}
	return services.FaultProbe
}

func (v *view) run() []Step {
	if !v.Docker {
		return nil
	}
	if v.Container.State != services.ContainerRunning {
		return []Step{{Kind: StepRun}}
	}
	var steps []Step
	if !sameMoment(v.Container.Deadline, v.inst.ExpiresAt) {
		steps = append(steps, Step{Kind: StepDeadline})
	}
	if v.inst.Rules != (services.Rules{}) && v.inst.State == services.StateReachable && !v.Container.Armed {
		steps = append(steps, Step{Kind: StepArm})
	}
	if v.inst.Content > v.memo.Shown {
		steps = append(steps, Step{Kind: StepShow})
	}
	if v.Container.Visits > v.inst.Visits {
		steps = append(steps, Step{Kind: StepCount})
	}
	return steps
}

func (v *view) publish() []Step {
	if !v.Tor || v.Onion.State == services.OnionPublished {
		return nil
	}
	return []Step{{Kind: StepPublish}}
}

func (v *view) probe() []Step {
	there := v.Docker && v.Tor &&
		v.Container.State == services.ContainerRunning && v.Onion.State == services.OnionPublished
	if !there {
		return nil
	}
	settled := v.inst.State == services.StateReachable && v.memo.Backoff[StepProbe].Failures == 0
	if settled && (v.now.Before(v.inst.CheckedAt.Add(v.policy.Watch)) || v.inst.Rules != (services.Rules{})) {
		return nil
	}
	return []Step{{Kind: StepProbe}}
}

// containerFirst is how long the end of an onion waits for the end of its
// container.
const containerFirst = 2 * time.Second

// down plans for an instance of which nothing should be left.
func (v *view) down() []Step {
	var steps []Step
	if v.Docker && v.hasContainer() {
		steps = append(steps, Step{Kind: StepRemoveContainer})
	}
	// The container goes first: its end closes the visitors' connections, and
	// tor tells them. Circuits that are torn down under open connections leave
	// visitors waiting for minutes. But a slow engine keeps no address open.
	first := v.Docker && v.hasContainer() && v.now.Before(v.inst.UpdatedAt.Add(containerFirst))
	if v.Tor && v.hasOnion() && !first {
		steps = append(steps, Step{Kind: StepRemoveOnion})
	}
	if len(steps) > 0 || !v.Docker || !v.Tor {
		return steps
	}
	// An address that was never open needs no check.
	if v.inst.ReadyAt.IsZero() || v.memo.GoneChecked {
		return []Step{{Kind: StepFinish}}
	}
	return []Step{{Kind: StepVerifyGone}}
}

// NextWake is the next moment at which time alone changes the plan of an
// instance; zero if only an event can.
func NextWake(p *services.Policy, inst *services.Instance, memo Memo, now time.Time) time.Time {
	var next time.Time
	consider := func(t time.Time) {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, b := range memo.Backoff {
		consider(b.NotBefore)
	}
	if inst.Desired == services.DesiredGone {
		consider(inst.UpdatedAt.Add(containerFirst))
		return next
	}
	consider(inst.ExpiresAt)
	if inst.Desired == services.DesiredWarm {
		return next
	}
	if inst.ReadyAt.IsZero() {
		consider(latest(inst.CreatedAt, memo.Since).Add(p.StartLimit))
	} else if inst.Rules == (services.Rules{}) {
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
