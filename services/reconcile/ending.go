package reconcile

import (
	"time"

	"onionbot/services"
)

// ending is the step that ends an instance by its own rules, or because it
// cannot be brought up or kept up.
func (v *view) ending() (Step, bool) {
	switch v.reported() {
	case services.ExitDeadline:
		// The shim has kept the deadline. Whatever a clock or the row says now, it
		// has ended, and must not live again.
		return Step{Kind: StepEnd, Reason: services.ReasonExpired, Reported: true}, true
	case services.ExitIdle:
		return Step{Kind: StepEnd, Reason: services.ReasonIdle, Reported: true}, true
	case services.ExitVisits:
		return Step{Kind: StepEnd, Reason: services.ReasonVisits, Reported: true}, true
	}
	if v.memo.KeyMissing && v.Tor && (!v.hasOnion() || !v.admits()) { // a private one would have to be added anew
		return Step{Kind: StepEnd, Reason: services.ReasonLost, Fault: services.FaultTor}, true
	}
	if v.memo.Unsafe {
		return Step{Kind: StepEnd, Reason: services.ReasonFailed, Fault: services.FaultUnsafe}, true
	}
	if v.memo.Exposed {
		return Step{Kind: StepEnd, Reason: services.ReasonFailed, Fault: services.FaultExposed}, true
	}
	if v.memo.Unlisted && v.broken() {
		return Step{Kind: StepEnd, Reason: services.ReasonFailed, Fault: services.FaultUnlisted}, true
	}
	if v.inst.ReadyAt.IsZero() {
		return v.startEnding()
	}
	if v.inst.Repairs > v.policy.MaxRepairs {
		return Step{Kind: StepEnd, Reason: services.ReasonFailed, Fault: v.fault()}, true
	}
	return Step{}, false
}

// reported is the end that the shim has decided, if it has.
func (v *view) reported() services.Exit {
	if !v.Docker || v.Container.State != services.ContainerExited {
		return services.ExitNone
	}
	return v.Container.Exit
}

// broken reports whether a step would be needed that cannot be made without
// the definition of the service.
func (v *view) broken() bool {
	up := v.Container.State == services.ContainerRunning || v.stuck() && !v.stuckTooLong()
	return v.Docker && !up || v.Tor && (!v.hasOnion() || !v.admits())
}

// startEnding gives a start up that takes too long.
func (v *view) startEnding() (Step, bool) {
	start := v.memo.Start.at(v.now)
	switch {
	case start.Phase == phaseBuilding:
		// a build has a limit of its own
	case start.Spent >= v.policy.StartLimit:
		return Step{Kind: StepEnd, Reason: services.ReasonUnreachable, Fault: v.fault()}, true
	case start.Absent >= v.policy.AbsentLimit:
		return Step{Kind: StepEnd, Reason: services.ReasonUnreachable, Fault: start.Missing}, true
	}
	return Step{}, false
}

func (v *view) fault() services.Fault {
	if v.inst.Fault != services.FaultNone {
		return v.inst.Fault
	}
	return services.FaultProbe
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
