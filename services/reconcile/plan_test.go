package reconcile

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onionbot/services"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// running is an instance that was verified a minute ago and has an hour left.
func running() *services.Instance {
	return &services.Instance{
		ID: "aaaaaaaaaaaa", Owner: "ann", Service: "site", Name: "site",
		Onion: services.Onion{Address: "x.onion", Key: "k"}, Desired: services.DesiredRunning, State: services.StateReachable,
		CreatedAt: noon.Add(-2 * time.Minute), ReadyAt: noon.Add(-time.Minute), CheckedAt: noon.Add(-time.Minute),
		ExpiresAt: noon.Add(time.Hour),
	}
}

// scene is what a plan is made from.
type scene struct {
	*services.Instance
	*Observed
	Memo
}

func reachable() *scene {
	i := running()
	return &scene{Instance: i, Observed: &Observed{
		Docker: true, Tor: true,
		Container: services.Container{ID: i.ID, State: services.ContainerRunning, Ready: true, Deadline: i.ExpiresAt},
		Onion:     services.OnionStatus{Address: i.Onion.Address, State: services.OnionPublished},
	}}
}

func (s *scene) noContainer() { s.Container = services.Container{} }
func (s *scene) noOnion()     { s.Observed.Onion = services.OnionStatus{} }

// close makes it private, and shown to be.
func (s *scene) close() {
	s.Instance.Onion.Clients = []services.Client{{Person: "ann", Key: "A"}}
	s.Observed.Onion.Admits, s.Observed.Onion.Guarded = s.Instance.Onion.Admits(), true
}

func (s *scene) plan(p *services.Policy) []Step { return Plan(p, s.Instance, s.Observed, s.Memo, noon) }

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

// planCase is a scene and the steps that are planned for it.
type planCase struct {
	name string
	edit func(s *scene)
	want []string
}

func wantPlans(t *testing.T, tests []planCase) {
	t.Helper()
	policy := services.DefaultPolicy()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := reachable()
			tt.edit(s)
			got := kinds(s.plan(&policy))
			if tt.want == nil {
				tt.want = []string{}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlanOfAStart(t *testing.T) {
	wantPlans(t, []planCase{
		{"nothing to do", func(*scene) {}, nil},
		{"fresh: container and onion at the same time", func(s *scene) {
			s.State, s.ReadyAt = services.StateStarting, time.Time{}
			s.noContainer()
			s.noOnion()
		}, []string{"run", "publish"}},
		{"both there: opened before it is called ready", func(s *scene) {
			s.State, s.ReadyAt = services.StatePublishing, time.Time{}
		}, []string{"probe"}},
		{"not ready within the limit", func(s *scene) {
			s.State, s.ReadyAt = services.StatePublishing, time.Time{}
			s.Start = StartClock{Phase: phaseTrying, Since: noon.Add(-time.Second), Spent: 179 * time.Second}
		}, []string{"end:unreachable"}},
		{"waiting in our own queue does not count", func(s *scene) {
			s.State, s.ReadyAt = services.StateStarting, time.Time{}
			s.noContainer()
			s.noOnion()
			s.Start = StartClock{Phase: phaseQueued, Since: noon.Add(-time.Hour), Spent: 179 * time.Second}
		}, []string{"run", "publish"}},
		{"nor does a build that is under way", func(s *scene) {
			s.State, s.ReadyAt = services.StateStarting, time.Time{}
			s.noContainer()
			s.Start = StartClock{Phase: phaseBuilding, Since: noon.Add(-9 * time.Minute), Spent: 200 * time.Second}
		}, []string{"run"}},
		{"a tor that is never ready is given up", func(s *scene) {
			s.State, s.ReadyAt = services.StateStarting, time.Time{}
			s.noOnion()
			s.Start = StartClock{Phase: phaseAbsent, Missing: services.FaultTor, Since: noon.Add(-time.Minute), Absent: 9 * time.Minute}
		}, []string{"end:unreachable"}},
	})
}

func TestPlanOfALife(t *testing.T) {
	wantPlans(t, []planCase{
		{"deadline", func(s *scene) { s.ExpiresAt = noon }, []string{"end:expired"}},
		{"extended: the shim is told", func(s *scene) { s.ExpiresAt = noon.Add(3 * time.Hour) }, []string{"deadline"}},
		{"container gone", func(s *scene) { s.noContainer() }, []string{"run"}},
		{"app ended", func(s *scene) {
			s.Container = services.Container{ID: s.ID, State: services.ContainerExited, Exit: services.ExitApp}
		}, []string{"run"}},
		{"idle rule", func(s *scene) {
			s.Container = services.Container{ID: s.ID, State: services.ContainerExited, Exit: services.ExitIdle}
		}, []string{"end:idle"}},
		{"visits rule", func(s *scene) {
			s.Container = services.Container{ID: s.ID, State: services.ContainerExited, Exit: services.ExitVisits}
		}, []string{"end:visits"}},
		{"tor lost the onion", func(s *scene) { s.noOnion() }, []string{"publish"}},
		{"private, and nobody knows whom it admits", func(s *scene) { s.close(); s.Observed.Onion.Admits = "" }, []string{"publish"}},
		{"private, not shown to be closed to strangers", func(s *scene) { s.close(); s.Observed.Onion.Guarded = false }, []string{"probe"}},
		{"private and closed to strangers", func(s *scene) { s.close() }, nil},
		{"private, nobody knows whom it admits and the key is lost", func(s *scene) {
			s.close()
			s.Observed.Onion.Admits, s.KeyMissing = "", true
		}, []string{"end:lost"}},
		{"key lost with its tor", func(s *scene) {
			s.noOnion()
			s.KeyMissing = true
		}, []string{"end:lost"}},
		{"docker silent: containers are left alone", func(s *scene) { s.Docker = false; s.noContainer() }, nil},
		{"tor silent: no second tor gets the key", func(s *scene) { s.Tor = false; s.noOnion() }, nil},
		{"repaired too often", func(s *scene) { s.Repairs = 9; s.noContainer() }, []string{"end:failed"}},
		{"watched", func(s *scene) { s.CheckedAt = noon.Add(-7 * time.Minute) }, []string{"probe"}},
		{"a probe would burn a counted visit", func(s *scene) {
			s.Rules, s.CheckedAt = services.Rules{Visits: 1}, noon.Add(-time.Hour)
			s.Container = services.Container{ID: s.ID, State: services.ContainerRunning, Armed: true, Deadline: s.ExpiresAt}
		}, nil},
		{"counting begins once it was verified", func(s *scene) { s.Rules = services.Rules{Visits: 1} }, []string{"arm"}},
	})
}

func TestPlanOfAnEnd(t *testing.T) {
	wantPlans(t, []planCase{
		{"stop: the container first, so that visitors are told", func(s *scene) {
			s.Desired, s.UpdatedAt = services.DesiredGone, noon
		}, []string{"remove-container"}},
		{"stop: a slow engine keeps no address open", func(s *scene) {
			s.Desired, s.UpdatedAt = services.DesiredGone, noon.Add(-2*time.Second)
		}, []string{"remove-container", "remove-onion"}},
		{"stop: then the onion", func(s *scene) {
			s.Desired, s.UpdatedAt = services.DesiredGone, noon
			s.noContainer()
		}, []string{"remove-onion"}},
		{"stop: then it is checked", func(s *scene) {
			s.Desired = services.DesiredGone
			s.noContainer()
			s.noOnion()
		}, []string{"verify-gone"}},
		{"stop: never opened, nothing to check", func(s *scene) {
			s.Desired, s.ReadyAt = services.DesiredGone, time.Time{}
			s.noContainer()
			s.noOnion()
		}, []string{"finish"}},
		{"stop: checked", func(s *scene) {
			s.Desired = services.DesiredGone
			s.noContainer()
			s.noOnion()
			s.GoneChecked = true
		}, []string{"finish"}},
		{"stop while docker is silent: the onion goes, the row stays", func(s *scene) {
			s.Desired, s.Docker = services.DesiredGone, false
			s.noContainer()
		}, []string{"remove-onion"}},
		{"warm: published, no container", func(s *scene) {
			s.Desired, s.State, s.ReadyAt = services.DesiredWarm, services.StateStarting, time.Time{}
			s.noContainer()
			s.noOnion()
		}, []string{"publish"}},
		{"backing off", func(s *scene) {
			s.noContainer()
			s.wait(StepRun, noon.Add(time.Second))
		}, nil},
	})
}

func TestOrphansAreWhatNoRowKnows(t *testing.T) {
	inst := running()
	seen := &everything{
		containers: map[string]services.Container{
			inst.ID:        {ID: inst.ID, State: services.ContainerRunning},
			"bbbbbbbbbbbb": {ID: "bbbbbbbbbbbb", State: services.ContainerRunning},
			"cccccccccccc": {ID: "cccccccccccc", Files: true},
			"dddddddddddd": {ID: "dddddddddddd", State: services.ContainerUnknown},
		},
		onions: map[string]services.OnionStatus{
			inst.Onion.Address: {Address: inst.Onion.Address, State: services.OnionPublished},
			"y.onion":          {Address: "y.onion", State: services.OnionPublished},
			"z.onion":          {Address: "z.onion", State: services.OnionPublished, Foreign: true},
		},
	}
	want := []orphan{{id: "bbbbbbbbbbbb"}, {id: "cccccccccccc"}, {id: "dddddddddddd"}, {address: "y.onion"}}
	if got := findOrphans([]*services.Instance{inst}, seen); !slices.Equal(got, want) {
		t.Errorf("orphans %+v, want %+v", got, want)
	}
}
