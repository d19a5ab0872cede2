package reconcile

import (
	"testing"
	"time"

	"onionbot/services"
)

// world is what Docker and tor would have after the steps of plans.
type world struct{ *scene }

// apply does what the real steps do, by the contracts of the ports.
func (w *world) apply(t *testing.T, s Step) {
	c := &w.Container
	switch s.Kind {
	case StepRun:
		if c.State == services.ContainerRunning {
			t.Fatal("a second container")
		}
		*c = services.Container{ID: w.ID, State: services.ContainerRunning, Deadline: w.ExpiresAt, Visits: w.Visits}
		if w.State == services.StateReachable {
			w.State = services.StateDown
		}
	case StepPublish:
		w.Observed.Onion.State = services.OnionPublished
	case StepProbe:
		w.State, w.CheckedAt, w.Repairs = services.StateReachable, noon, 0
		if w.ReadyAt.IsZero() {
			w.ReadyAt = noon
		}
	case StepDeadline:
		c.Deadline = w.ExpiresAt
	case StepArm:
		c.Armed = true
	case StepCount:
		w.Visits = c.Visits
	case StepShow:
		w.Shown = w.Content
	case StepEnd:
		w.Desired, w.State, w.Reason = services.DesiredGone, services.StateStopping, s.Reason
	case StepSettle:
		w.Repairs = 0
	case StepReplace:
		w.noContainer()
		w.StuckSince = time.Time{}
		if w.State == services.StateReachable {
			w.State = services.StateDown
		}
	case StepRemoveContainer:
		w.noContainer()
	case StepRemoveOnion:
		w.noOnion()
	case StepVerifyGone:
		w.GoneChecked = true
	case StepFinish:
		w.State = services.StateGone
	default:
		t.Fatalf("unknown step %q", s.Kind)
	}
}

// several are the parts of a world in which the instance has several
// containers: what a step does to each of them, and what is seen of it then.
type several struct {
	*world
	parts []services.Container
}

func (s *several) apply(t *testing.T, step Step) {
	running := services.Container{State: services.ContainerRunning, Files: true, Deadline: s.ExpiresAt}
	for n, c := range s.parts {
		switch {
		case step.Kind == StepRun && isStuck(c.State):
			t.Fatal("run while a part is stuck: its visitors would be cut")
		case step.Kind == StepRun && c.State != services.ContainerRunning:
			s.parts[n] = running
		case step.Kind == StepReplace && isStuck(c.State), step.Kind == StepRemoveContainer:
			s.parts[n] = services.Container{}
		case step.Kind == StepDeadline:
			s.parts[n].Deadline = s.ExpiresAt
		}
	}
	s.world.apply(t, step)
	s.look()
}

func (s *several) look() { s.Container = whole(s.ID, s.parts) }

// FuzzPlanForSeveralConverges is FuzzPlanConverges for an instance with three
// containers, each in whatever state.
func FuzzPlanForSeveralConverges(f *testing.F) {
	for i := range 64 {
		f.Add(uint64(1)<<i - 1)
	}
	f.Fuzz(func(t *testing.T, bits uint64) {
		take := func(n uint64) uint64 { v := bits % n; bits /= n; return v }
		s := reachable()
		s.Desired = []services.Desired{services.DesiredRunning, services.DesiredGone}[take(2)]
		s.StuckSince = noon.Add(-time.Hour)
		w := &several{world: &world{s}}
		states := allContainers()
		for range 3 {
			c := states[take(uint64(len(states)))]
			c.Deadline = noon.Add(time.Duration(take(2)) * time.Hour)
			w.parts = append(w.parts, c)
		}
		w.look()
		policy := services.DefaultPolicy()
		for range 12 {
			steps := w.plan(&policy)
			if len(steps) == 0 || w.State == services.StateGone {
				w.check(t)
				return
			}
			for _, step := range steps {
				w.apply(t, step)
			}
		}
		t.Fatalf("no rest after 12 rounds: %+v", w.plan(&policy))
	})
}

// FuzzPlanConverges starts from any observed state and any row and sees that
// the plan comes to rest, within a few rounds, in the state that was asked for.
func FuzzPlanConverges(f *testing.F) {
	f.Add(uint64(0))
	f.Add(uint64(0xffffffffffff))
	for i := range 64 {
		f.Add(uint64(1) << i)
	}
	f.Fuzz(func(t *testing.T, bits uint64) {
		take := func(n uint64) uint64 { v := bits % n; bits /= n; return v }
		s := reachable()
		s.Desired = []services.Desired{services.DesiredRunning, services.DesiredGone, services.DesiredWarm}[take(3)]
		s.State = []services.State{services.StateStarting, services.StatePublishing, services.StateReachable, services.StateDown, services.StateStopping}[take(5)]
		s.ExpiresAt = noon.Add(time.Duration(take(3))*time.Hour - time.Hour)
		s.Rules = []services.Rules{{}, {Visits: 2}, {Idle: time.Minute}}[take(3)]
		s.Repairs, s.Content, s.Visits = int(take(12)), int(take(3)), int(take(2))
		if take(2) == 0 {
			s.ReadyAt = time.Time{}
			s.CreatedAt = noon.Add(-time.Duration(take(300)) * time.Second)
		}
		s.CheckedAt = noon.Add(-time.Duration(take(600)) * time.Second)
		s.noContainer()
		states := []services.ContainerState{
			services.ContainerAbsent, services.ContainerCreated, services.ContainerRunning, services.ContainerExited, services.ContainerPaused, services.ContainerHung, services.ContainerUnknown,
		}
		if st := states[take(7)]; take(4) > 0 {
			s.Container = services.Container{
				ID: s.ID, State: st, Files: true, Exit: []services.Exit{services.ExitNone, services.ExitDeadline, services.ExitIdle, services.ExitVisits, services.ExitApp}[take(5)],
				Deadline: noon.Add(time.Duration(take(2)) * time.Hour), Visits: int(take(3)), Armed: take(2) == 0,
			}
			if isStuck(st) {
				s.StuckSince = noon.Add(-time.Hour)
			}
		}
		s.Unlisted = take(4) == 0
		s.noOnion()
		if st := []services.OnionState{services.OnionAbsent, services.OnionAdded, services.OnionPublished}[take(3)]; take(4) > 0 {
			s.Observed.Onion.State = st
		}
		converge(t, &world{s})
	})
}

func converge(t *testing.T, w *world) {
	policy := services.DefaultPolicy()
	for range 12 {
		steps := w.plan(&policy)
		if len(steps) == 0 || w.State == services.StateGone {
			w.check(t)
			return
		}
		for _, s := range steps {
			w.apply(t, s)
		}
	}
	t.Fatalf("no rest after 12 rounds: %+v", w.plan(&policy))
}

// check holds the state at rest against what was asked for.
func (w *world) check(t *testing.T) {
	hasContainer := w.Container.State != services.ContainerAbsent
	hasOnion := w.Observed.Onion.State != services.OnionAbsent
	switch {
	case w.State == services.StateGone:
		if hasContainer || hasOnion {
			t.Fatalf("gone, but left: container %t onion %t", hasContainer, hasOnion)
		}
	case w.Desired == services.DesiredWarm:
		if !hasOnion {
			t.Fatal("warm, but not published")
		}
	case w.Desired == services.DesiredRunning:
		if w.Unlisted {
			return // it goes on as it is, as long as it works
		}
		if w.Container.State != services.ContainerRunning || w.Observed.Onion.State != services.OnionPublished || w.State != services.StateReachable {
			t.Fatalf("at rest, but not reachable: %+v %+v %s", w.Container, w.Observed.Onion, w.State)
		}
	default:
		t.Fatalf("at rest while ending: %+v", w.Instance)
	}
}
