package services

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// running is an instance that was verified a minute ago and has an hour left.
func running() *Instance {
	return &Instance{
		ID: "aaaaaaaaaaaa", Owner: "ann", Service: "site", Name: "site",
		Onion: Onion{Address: "x.onion", Key: "k"}, Desired: DesiredRunning, State: StateReachable,
		CreatedAt: noon.Add(-2 * time.Minute), ReadyAt: noon.Add(-time.Minute), CheckedAt: noon.Add(-time.Minute),
		ExpiresAt: noon.Add(time.Hour),
	}
}

func seenRunning(i *Instance) *Observed {
	return &Observed{
		Docker: true, Tor: true,
		Containers: map[string]Container{i.ID: {ID: i.ID, State: ContainerRunning, Ready: true, Deadline: i.ExpiresAt}},
		Onions:     map[string]OnionStatus{i.Onion.Address: {Address: i.Onion.Address, State: OnionPublished}},
	}
}

func kinds(steps []Step) []string {
	out := []string{}
	for _, s := range steps {
		k := string(s.Kind)
		if s.Reason != "" {
			k += ":" + string(s.Reason)
		}
		out = append(out, k)
	}
	return out
}

func TestPlan(t *testing.T) {
	tests := []struct {
		name string
		edit func(i *Instance, seen *Observed)
		want []string
	}{
		{"nothing to do", func(*Instance, *Observed) {}, nil},
		{"fresh: container and onion at the same time", func(i *Instance, s *Observed) {
			i.State, i.ReadyAt = StateStarting, time.Time{}
			s.Containers, s.Onions = nil, nil
		}, []string{"run", "publish"}},
		{"both there: opened before it is called ready", func(i *Instance, s *Observed) {
			i.State, i.ReadyAt = StatePublishing, time.Time{}
		}, []string{"probe"}},
		{"not ready within the limit", func(i *Instance, s *Observed) {
			i.State, i.ReadyAt, i.CreatedAt = StatePublishing, time.Time{}, noon.Add(-181*time.Second)
		}, []string{"end:unreachable"}},
		{"deadline", func(i *Instance, s *Observed) { i.ExpiresAt = noon }, []string{"end:expired"}},
		{"extended: the shim is told", func(i *Instance, s *Observed) { i.ExpiresAt = noon.Add(3 * time.Hour) }, []string{"deadline"}},
		{"container gone", func(i *Instance, s *Observed) { s.Containers = nil }, []string{"run"}},
		{"app ended", func(i *Instance, s *Observed) {
			s.Containers[i.ID] = Container{ID: i.ID, State: ContainerExited, Exit: ExitApp}
		}, []string{"run"}},
		{"idle rule", func(i *Instance, s *Observed) {
			s.Containers[i.ID] = Container{ID: i.ID, State: ContainerExited, Exit: ExitIdle}
		}, []string{"end:idle"}},
		{"visits rule", func(i *Instance, s *Observed) {
			s.Containers[i.ID] = Container{ID: i.ID, State: ContainerExited, Exit: ExitVisits}
		}, []string{"end:visits"}},
		{"tor lost the onion", func(i *Instance, s *Observed) { s.Onions = nil }, []string{"publish"}},
		{"key lost with its tor", func(i *Instance, s *Observed) {
			s.Onions = nil
			s.Memos = map[string]Memo{i.ID: {KeyMissing: true}}
		}, []string{"end:lost"}},
		{"docker silent: containers are left alone", func(i *Instance, s *Observed) { s.Docker, s.Containers = false, nil }, nil},
		{"tor silent: no second tor gets the key", func(i *Instance, s *Observed) { s.Tor, s.Onions = false, nil }, nil},
		{"repaired too often", func(i *Instance, s *Observed) { i.Repairs, s.Containers = 9, nil }, []string{"end:failed"}},
		{"watched", func(i *Instance, s *Observed) { i.CheckedAt = noon.Add(-5 * time.Minute) }, []string{"probe"}},
		{"a probe would burn a counted visit", func(i *Instance, s *Observed) {
			i.Rules, i.CheckedAt = Rules{Visits: 1}, noon.Add(-time.Hour)
			s.Containers[i.ID] = Container{ID: i.ID, State: ContainerRunning, Armed: true, Deadline: i.ExpiresAt}
		}, nil},
		{"counting begins once it was verified", func(i *Instance, s *Observed) { i.Rules = Rules{Visits: 1} }, []string{"arm"}},
		{"stop: the container first, so that visitors are told", func(i *Instance, s *Observed) {
			i.Desired, i.UpdatedAt = DesiredGone, noon
		}, []string{"remove-container"}},
		{"stop: a slow engine keeps no address open", func(i *Instance, s *Observed) {
			i.Desired, i.UpdatedAt = DesiredGone, noon.Add(-2*time.Second)
		}, []string{"remove-container", "remove-onion"}},
		{"stop: then the onion", func(i *Instance, s *Observed) {
			i.Desired, i.UpdatedAt, s.Containers = DesiredGone, noon, nil
		}, []string{"remove-onion"}},
		{"stop: then it is checked", func(i *Instance, s *Observed) {
			i.Desired, s.Containers, s.Onions = DesiredGone, nil, nil
		}, []string{"verify-gone"}},
		{"stop: never opened, nothing to check", func(i *Instance, s *Observed) {
			i.Desired, i.ReadyAt, s.Containers, s.Onions = DesiredGone, time.Time{}, nil, nil
		}, []string{"finish"}},
		{"stop: checked", func(i *Instance, s *Observed) {
			i.Desired, s.Containers, s.Onions = DesiredGone, nil, nil
			s.Memos = map[string]Memo{i.ID: {GoneChecked: true}}
		}, []string{"finish"}},
		{"stop while docker is silent: the onion goes, the row stays", func(i *Instance, s *Observed) {
			i.Desired, s.Docker, s.Containers = DesiredGone, false, nil
		}, []string{"remove-onion"}},
		{"warm: published, no container", func(i *Instance, s *Observed) {
			i.Desired, i.State, i.ReadyAt, s.Containers, s.Onions = DesiredWarm, StateStarting, time.Time{}, nil, nil
		}, []string{"publish"}},
		{"orphans", func(i *Instance, s *Observed) {
			s.Complete = true
			s.Containers["bbbbbbbbbbbb"] = Container{ID: "bbbbbbbbbbbb", State: ContainerRunning}
			s.Onions["y.onion"] = OnionStatus{Address: "y.onion", State: OnionPublished}
			s.Onions["z.onion"] = OnionStatus{Address: "z.onion", State: OnionPublished, Foreign: true}
		}, []string{"remove-onion", "remove-container"}},
		{"backing off", func(i *Instance, s *Observed) {
			s.Containers = nil
			s.Memos = map[string]Memo{i.ID: {RunAfter: noon.Add(time.Second)}}
		}, nil},
	}
	policy := DefaultPolicy()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inst := running()
			seen := seenRunning(inst)
			tt.edit(inst, seen)
			got := kinds(Plan(&policy, []*Instance{inst}, seen, noon))
			if tt.want == nil {
				tt.want = []string{}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

// world is what Docker and tor would have after the steps of plans.
type world struct {
	inst *Instance
	seen *Observed
}

// apply does what the real steps do, by the contracts of the ports.
func (w *world) apply(t *testing.T, s Step) {
	c := w.seen.Containers[s.Instance]
	switch s.Kind {
	case StepRun:
		if c.State == ContainerRunning {
			t.Fatalf("a second container for %s", s.Instance)
		}
		w.seen.Containers[s.Instance] = Container{ID: s.Instance, State: ContainerRunning, Deadline: w.inst.ExpiresAt, Visits: w.inst.Visits}
		if w.inst.State == StateReachable {
			w.inst.State = StateDown
		}
	case StepPublish:
		w.seen.Onions[s.Address] = OnionStatus{Address: s.Address, State: OnionPublished}
	case StepProbe:
		w.inst.State, w.inst.CheckedAt, w.inst.Repairs = StateReachable, noon, 0
		if w.inst.ReadyAt.IsZero() {
			w.inst.ReadyAt = noon
		}
	case StepDeadline:
		c.Deadline = w.inst.ExpiresAt
		w.seen.Containers[s.Instance] = c
	case StepArm:
		c.Armed = true
		w.seen.Containers[s.Instance] = c
	case StepCount:
		w.inst.Visits = c.Visits
	case StepShow:
		m := w.seen.Memos[s.Instance]
		m.Shown = w.inst.Content
		w.seen.Memos[s.Instance] = m
	case StepEnd:
		w.inst.Desired, w.inst.State, w.inst.Reason = DesiredGone, StateStopping, s.Reason
	case StepRemoveContainer:
		delete(w.seen.Containers, s.Instance)
	case StepRemoveOnion:
		delete(w.seen.Onions, s.Address)
	case StepVerifyGone:
		m := w.seen.Memos[s.Instance]
		m.GoneChecked = true
		w.seen.Memos[s.Instance] = m
	case StepFinish:
		w.inst.State = StateGone
	default:
		t.Fatalf("unknown step %q", s.Kind)
	}
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
		inst := running()
		inst.Desired = []Desired{DesiredRunning, DesiredGone, DesiredWarm}[take(3)]
		inst.State = []State{StateStarting, StatePublishing, StateReachable, StateDown, StateStopping}[take(5)]
		inst.ExpiresAt = noon.Add(time.Duration(take(3))*time.Hour - time.Hour)
		inst.Rules = []Rules{{}, {Visits: 2}, {Idle: time.Minute}}[take(3)]
		inst.Repairs, inst.Content, inst.Visits = int(take(12)), int(take(3)), int(take(2))
		if take(2) == 0 {
			inst.ReadyAt = time.Time{}
			inst.CreatedAt = noon.Add(-time.Duration(take(300)) * time.Second)
		}
		inst.CheckedAt = noon.Add(-time.Duration(take(600)) * time.Second)
		seen := &Observed{
			Docker: true, Tor: true, Complete: take(2) == 0,
			Containers: map[string]Container{}, Onions: map[string]OnionStatus{}, Memos: map[string]Memo{},
		}
		if st := []ContainerState{ContainerAbsent, ContainerCreated, ContainerRunning, ContainerExited}[take(4)]; take(4) > 0 {
			seen.Containers[inst.ID] = Container{
				ID: inst.ID, State: st, Files: true, Exit: []Exit{ExitNone, ExitDeadline, ExitIdle, ExitVisits, ExitApp}[take(5)],
				Deadline: noon.Add(time.Duration(take(2)) * time.Hour), Visits: int(take(3)), Armed: take(2) == 0,
			}
		}
		if st := []OnionState{OnionAbsent, OnionAdded, OnionPublished}[take(3)]; take(4) > 0 {
			seen.Onions[inst.Onion.Address] = OnionStatus{Address: inst.Onion.Address, State: st}
		}
		for n := range take(3) {
			id := fmt.Sprintf("orphan%06d", n)
			seen.Containers[id] = Container{ID: id, State: ContainerRunning}
			seen.Onions[id+".onion"] = OnionStatus{Address: id + ".onion", State: OnionPublished}
		}
		foreign := OnionStatus{Address: "f.onion", State: OnionPublished, Foreign: true}
		seen.Onions["f.onion"] = foreign
		converge(t, &world{inst: inst, seen: seen})
		if seen.Onions["f.onion"] != foreign {
			t.Fatal("touched what is not ours")
		}
	})
}

func converge(t *testing.T, w *world) {
	policy := DefaultPolicy()
	for range 12 {
		steps := Plan(&policy, []*Instance{w.inst}, w.seen, noon)
		if len(steps) == 0 {
			w.check(t)
			return
		}
		for _, s := range steps {
			w.apply(t, s)
		}
	}
	t.Fatalf("no rest after 12 rounds: %+v", Plan(&policy, []*Instance{w.inst}, w.seen, noon))
}

// check holds the state at rest against what was asked for.
func (w *world) check(t *testing.T) {
	c, hasContainer := w.seen.Containers[w.inst.ID]
	o, hasOnion := w.seen.Onions[w.inst.Onion.Address]
	hasOnion = hasOnion && o.State != OnionAbsent
	switch {
	case w.inst.State == StateGone:
		if hasContainer || hasOnion {
			t.Fatalf("gone, but left: container %t onion %t", hasContainer, hasOnion)
		}
	case w.inst.Desired == DesiredWarm:
		if !hasOnion {
			t.Fatal("warm, but not published")
		}
	case w.inst.Desired == DesiredRunning:
		if c.State != ContainerRunning || o.State != OnionPublished || w.inst.State != StateReachable {
			t.Fatalf("at rest, but not reachable: %+v %+v %s", c, o, w.inst.State)
		}
	default:
		t.Fatalf("at rest while ending: %+v", w.inst)
	}
	if w.seen.Complete && len(w.seen.Containers) > 1 {
		t.Fatal("an orphan container was left")
	}
}
