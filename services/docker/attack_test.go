package docker

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"onionbot/services"
	"onionbot/services/shim"
)

// attack is something that hostile apps do.
type attack struct {
	name, word string
	processes  int // that the app has when it has begun
	visitors   int
}

var attacks = []attack{ //nolint:gochecknoglobals // a table
	{"processor taken from PID 1", "starve", 81, 0},
	{"real-time signals queued at PID 1", "signals", 9, 0},
	{"limits of PID 1 lowered", "limits", 2, 0},
	{"fork bomb", "forks", 100, 0},
	{"memory at the limit", "memory", 5, 0},
	{"all descriptors used", "descriptors", 9, 0},
	{"forks faster than it is killed", "run", 2, 0},
	{"two thousand visitors who stay", "hold", 1, 2000},
}

// begin runs a hostile app until its attack is under way.
func (a attack) begin(t *testing.T, r *Runtime, spec services.ContainerSpec) (_ services.ContainerSpec, answers string, gone <-chan struct{}) {
	t.Helper()
	_, spec.ContentDir = hostile(t, a.word)
	spec = launch(t, r, spec)
	answers = hears(t, r, spec.ID)
	gone = crowd(t, r, spec.ID, a.visitors)
	a.awaitProcesses(t, spec.ID)
	return spec, answers, gone
}

func (a attack) awaitProcesses(t *testing.T, id string) {
	t.Helper()
	has := 0
	for limit := time.Now().Add(patience); has <= a.processes; has = population(t, id) {
		if time.Now().After(limit) {
			t.Fatalf("the attack has %d processes", has)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// life is how long an attack goes on before its deadline.
func life() time.Duration {
	if os.Getenv("ONIONBOT_SOAK") != "" {
		return time.Minute
	}
	return 4 * time.Second
}

// four runs the test for every attack, four of them at a time: two cores' worth.
func four(t *testing.T, test func(*testing.T, *Runtime, attack)) {
	slots := make(chan struct{}, 4)
	var wait sync.WaitGroup
	for _, a := range attacks {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			t.Run(a.name, func(t *testing.T) { test(t, open(t), a) })
		})
	}
	wait.Wait()
}

// The bot is dead: only PID 1 is left to keep the deadline.
func TestHostileAppEndsAtItsDeadlineWithoutTheBot(t *testing.T) {
	four(t, func(t *testing.T, r *Runtime, a attack) {
		d, _ := hostile(t, a.word)
		spec, answers, gone := a.begin(t, r, services.ContainerSpec{Definition: d})
		wantRefused(t, answers)
		user := appUser(t, spec.ID)
		// The last that the bot does, with the attack under way.
		deadline := time.Now().Add(life())
		if err := r.SetDeadline(t.Context(), spec.ID, deadline); err != nil {
			t.Fatal(err)
		}
		if code := awaitExit(t, spec.ID); code != shim.ExitDeadline {
			t.Errorf("exit code %d, want that of the deadline", code)
		}
		late := time.Since(deadline)
		t.Logf("ended %v after the deadline", late.Round(time.Millisecond))
		if late < 0 || late > promise {
			t.Errorf("ended %v after its deadline", late)
		}
		wantLeft(t, gone)
		// The bot is back.
		remove(t, r, spec.ID)
		wantNothing(t, r, spec.ID, user)
	})
}

// The bot is alive and somebody says stop.
func TestHostileAppIsRemoved(t *testing.T) {
	four(t, func(t *testing.T, r *Runtime, a attack) {
		d, _ := hostile(t, a.word)
		spec, answers, gone := a.begin(t, r, services.ContainerSpec{Definition: d})
		wantRefused(t, answers)
		user := appUser(t, spec.ID)
		remove(t, r, spec.ID)
		wantNothing(t, r, spec.ID, user)
		wantLeft(t, gone)
	})
}

// wantLeft sees that every visitor's connection was closed.
func wantLeft(t *testing.T, gone <-chan struct{}) {
	t.Helper()
	select {
	case <-gone:
	case <-time.After(time.Second):
		t.Error("visitors are still there")
	}
}

// A definition can make the app root, as PID 1 is, with rights over it: then the
// app can stop PID 1 from being scheduled, and the removal must do without it.
func TestRemovalNeedsNothingOfPID1(t *testing.T) {
	r := open(t)
	a := attacks[0]
	d, content := hostile(t, a.word)
	d.User, d.Caps = "0:0", []string{"KILL", "SYS_NICE"}
	spec := services.ContainerSpec{ID: freshID(), Definition: d, ContentDir: content, Deadline: time.Now().Add(time.Hour)}
	if err := r.EnsureImage(t.Context(), d, nil); err != nil {
		t.Fatal(err)
	}
	_ = r.Run(t.Context(), spec) // an app that is quick leaves PID 1 no time to say that it has begun
	a.awaitProcesses(t, spec.ID)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := askShim(ctx, r.layout(spec.ID), shim.Request{Op: shim.OpStatus}); err == nil {
		t.Fatal("PID 1 answers: it was not starved")
	}
	if err := r.Remove(t.Context(), spec.ID); err != nil {
		t.Error(err) // the engine alone never comes to an end
	}
}

// wantRefused reads what the kernel said to the app's attempts on PID 1.
func wantRefused(t *testing.T, answers string) {
	t.Helper()
	if strings.Contains(answers, "allowed") {
		t.Errorf("the kernel let the app at PID 1:\n%s", answers)
	}
}
