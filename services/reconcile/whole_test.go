package reconcile

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"onionbot/services"
)

// allContainers is one container in each state that there is.
func allContainers() []services.Container {
	files := services.Container{Files: true}
	all := []services.Container{{}, files}
	for _, state := range []services.ContainerState{
		services.ContainerCreated, services.ContainerRunning, services.ContainerPaused, services.ContainerHung, services.ContainerUnknown,
	} {
		all = append(all, services.Container{State: state, Files: true})
	}
	for _, exit := range []services.Exit{services.ExitNone, services.ExitApp, services.ExitDeadline, services.ExitIdle, services.ExitVisits} {
		all = append(all, services.Container{State: services.ContainerExited, Exit: exit, Files: true})
	}
	return all
}

func TestPartOfAnInstanceIsNeverSeenAsTheWhole(t *testing.T) {
	all := allContainers()
	for _, a := range all {
		for _, b := range all {
			for _, c := range all {
				parts := []services.Container{a, b, c}
				t.Run(fmt.Sprint(a.State, a.Exit, b.State, b.Exit, c.State, c.Exit), func(t *testing.T) { wantWhole(t, parts) })
			}
		}
	}
}

func wantWhole(t *testing.T, parts []services.Container) {
	t.Helper()
	w := whole("id", parts)
	every := func(is func(services.Container) bool) bool {
		return !slices.ContainsFunc(parts, func(c services.Container) bool { return !is(c) })
	}
	decided := func(c services.Container) bool {
		return c.State == services.ContainerExited && c.Exit != services.ExitApp && c.Exit != services.ExitNone
	}
	if runs := w.State == services.ContainerRunning; runs != every(func(c services.Container) bool { return c.State == services.ContainerRunning }) {
		t.Errorf("runs: %t", runs)
	}
	absent := func(c services.Container) bool { return c.State == services.ContainerAbsent }
	if (w.State == services.ContainerAbsent) != every(absent) || w.Files != slices.ContainsFunc(parts, func(c services.Container) bool { return c.Files }) {
		t.Errorf("something is left and is not seen: %+v", w)
	}
	if decided(w) != slices.ContainsFunc(parts, decided) {
		t.Errorf("an end that a shim has decided: %+v", w)
	}
	if stuck := slices.ContainsFunc(parts, func(c services.Container) bool { return isStuck(c.State) }); !decided(w) && isStuck(w.State) != stuck {
		t.Errorf("stuck: %+v", w)
	}
}

func TestWholeAddsUpWhatItsPartsSay(t *testing.T) {
	at := func(minute int) time.Time { return noon.Add(time.Duration(minute) * time.Minute) }
	a := services.Container{
		ID: "id", State: services.ContainerRunning, Files: true, Ready: true, Armed: true, Deadline: at(9), Visits: 2, LastVisit: at(2), Active: 1, StartedAt: at(1),
	}
	b := a
	b.ID, b.Visits, b.LastVisit, b.Active, b.StartedAt = "id-2", 3, at(1), 2, at(3)
	want := a
	want.Visits, want.Active, want.StartedAt = 5, 3, at(3)
	if got := whole("id", []services.Container{a, b}); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	counts := b
	counts.ByEvents, counts.News, a.News = true, 4, 1
	if got := whole("id", []services.Container{a, counts}); !got.ByEvents || got.Visits != 3 || got.News != 5 {
		t.Errorf("one of them counts itself: %+v", got)
	}
	late := b
	late.Ready, late.Armed, late.Deadline = false, false, at(8)
	got := whole("id", []services.Container{a, late})
	if got.Ready || got.Armed || !got.Deadline.IsZero() {
		t.Errorf("one of them is not ready, not armed and ends sooner: %+v", got)
	}
	died := b
	died.State, died.Exit, died.ExitCode, died.NoMemory, died.Said = services.ContainerExited, services.ExitApp, 7, true, "no port"
	got = whole("id", []services.Container{a, died})
	if got.ID != "id" || got.Exit != services.ExitApp || got.ExitCode != 7 || !got.NoMemory || got.Said != "no port" || !got.StartedAt.Equal(at(3)) {
		t.Errorf("how one ended: %+v", got)
	}
	if n := reflect.TypeFor[services.Container]().NumField(); n != 16 {
		t.Errorf("a container has %d fields: say in whole what each is for several, and try it here", n)
	}
}
