package reconcile

import (
	"slices"
	"time"

	"onionbot/services"
)

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
	case v.inst.Desired == services.DesiredWarm && v.memo.Unlisted:
		return []Step{{Kind: StepEnd, Reason: services.ReasonFailed, Fault: services.FaultUnlisted}}
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

func (v *view) run() []Step {
	var steps []Step
	switch {
	case !v.Docker:
		return nil
	case v.stuck():
		if v.Container.Visits > v.inst.Visits {
			steps = append(steps, Step{Kind: StepCount})
		}
		if v.stuckTooLong() {
			steps = append(steps, Step{Kind: StepReplace})
		}
		return steps
	case v.Container.State != services.ContainerRunning:
		return []Step{{Kind: StepRun}}
	}
	if !sameMoment(v.Container.Deadline, v.inst.ExpiresAt) {
		steps = append(steps, Step{Kind: StepDeadline})
	}
	if v.memo.Keys != "" && v.memo.Keys != v.memo.KeysTold {
		steps = append(steps, Step{Kind: StepKeys})
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
	if v.Container.News != v.memo.News {
		steps = append(steps, Step{Kind: StepNews, News: v.Container.News})
	}
	if v.settled() && v.inst.Repairs > 0 {
		steps = append(steps, Step{Kind: StepSettle})
	}
	return steps
}

// stuck reports whether the container is there and of no use, without having
// ended.
func (v *view) stuck() bool { return isStuck(v.Container.State) }

func (v *view) stuckTooLong() bool {
	return v.stuck() && !v.memo.StuckSince.IsZero() && !v.now.Before(v.memo.StuckSince.Add(v.policy.StuckLimit))
}

// settled reports whether the last repair has held.
func (v *view) settled() bool {
	return v.inst.State == services.StateReachable && v.memo.Crashes == 0 && v.memo.Backoff[StepProbe].Failures == 0 &&
		!v.now.Before(v.Container.StartedAt.Add(v.policy.EarlyExit))
}

func (v *view) publish() []Step {
	if !v.Tor || v.Onion.State == services.OnionPublished && v.admits() || v.memo.Unlisted {
		return nil
	}
	return []Step{{Kind: StepPublish}}
}

func (v *view) probe() []Step {
	there := v.Docker && v.Tor &&
		v.Container.State == services.ContainerRunning && v.Onion.State == services.OnionPublished && v.admits()
	if !there || v.memo.Unlisted || v.crashing() {
		return nil
	}
	if of := v.inst.Rules.Visits; v.memo.OwnCount && of > 0 && v.Container.Visits >= of {
		return nil // it takes nobody any more, and ends
	}
	checked := v.inst.State == services.StateReachable && v.memo.Backoff[StepProbe].Failures == 0 && !v.unguarded()
	if checked && (v.now.Before(watchAt(v.policy, v.inst)) || visitsCount(v.inst.Rules, v.memo.OwnCount)) {
		return nil
	}
	return []Step{{Kind: StepProbe}}
}

// crashing reports whether an app that has crashed several times in a row has
// yet to show that it stays: until then nobody is told that it is back.
func (v *view) crashing() bool {
	return v.memo.Crashes > 1 && v.now.Before(v.Container.StartedAt.Add(v.policy.EarlyExit))
}

// sameMoment compares to the millisecond, which is what files and rows keep.
func sameMoment(a, b time.Time) bool { return a.UnixMilli() == b.UnixMilli() }
