package docker

import (
	"os/exec"
	"path/filepath"
	"testing"

	"onionbot/services"
	"onionbot/services/shim"
)

// The engine restarts, or somebody kills the container: nobody was told what
// was counted in the meantime.
func TestVisitsAreKnownWhenTheContainerWasKilled(t *testing.T) {
	r := open(t)
	d := *service(t, "ssh") // each connection is a visit
	spec := launch(t, r, services.ContainerSpec{
		Definition: &d, HostKey: newHostKey(t).private, Rules: services.Rules{Visits: 5}, Visits: 1,
	})
	if err := r.Arm(t.Context(), spec.ID); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		_ = visitSSH(t, r, spec).Close()
	}
	kill(t, spec.ID)
	c, err := r.Inspect(t.Context(), spec.ID)
	if err != nil || c.State != services.ContainerExited || c.Visits != 4 || !c.Armed || c.LastVisit.IsZero() {
		t.Errorf("after the kill: %+v, %v", c, err)
	}
	// Whoever starts it again knows less: of one visit.
	if err := r.Run(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	if c, err := r.Inspect(t.Context(), spec.ID); err != nil || c.Visits != 4 || !c.Armed {
		t.Errorf("in the next container: %+v, %v", c, err)
	}
	last := visitSSH(t, r, spec)
	kill(t, spec.ID)
	_ = last.Close()
	if err := r.Run(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	if err := eventually(func() bool {
		c, err := r.Inspect(t.Context(), spec.ID)
		return err == nil && c.State == services.ContainerExited && c.Exit == services.ExitVisits && c.Visits == 5
	}); err != nil {
		t.Error("a sixth visit may come")
	}
}

// A visitor who makes the app end has had the visit.
func TestOnceIsOnceWhenTheVisitorEndsTheApp(t *testing.T) {
	r := open(t)
	d := service(t, "site")
	spec := launch(t, r, services.ContainerSpec{Definition: d, Rules: services.Rules{Visits: 1}})
	if err := r.Arm(t.Context(), spec.ID); err != nil {
		t.Fatal(err)
	}
	get(t, browser(r, spec), "/")
	if _, err := inside(t, spec.ID, appUser(t, spec.ID), "kill -KILL $(cat /tmp/nginx.pid)"); err != nil {
		t.Log(err) // it ends with the container
	}
	if err := eventually(func() bool {
		c, err := r.Inspect(t.Context(), spec.ID)
		return err == nil && c.State == services.ContainerExited && c.Exit == services.ExitVisits
	}); err != nil {
		t.Error("the visit was undone")
	}
}

func TestAppThatDoesNotStartLeavesItsLastWords(t *testing.T) {
	r := open(t)
	d, content := hostile(t, "no such thing")
	spec := launch(t, r, services.ContainerSpec{Definition: d, ContentDir: content})
	awaitExit(t, spec.ID)
	last, err := shim.ReadReport(filepath.Join(r.layout(spec.ID).dir, shim.ReportFile))
	if err != nil || !last.Ended || last.Code != 1 || last.Said != "no such attack" {
		t.Errorf("%+v, %v", last, err)
	}
	if c, err := r.Inspect(t.Context(), spec.ID); err != nil || c.Exit != services.ExitApp || c.ExitCode != 1 {
		t.Errorf("%+v, %v", c, err)
	}
}

func kill(t *testing.T, id string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "docker", "kill", containerName(id)).CombinedOutput(); err != nil {
		t.Fatalf("%s", out)
	}
	if err := eventually(func() bool {
		out, err := exec.CommandContext(t.Context(), "docker", "inspect", "-f", "{{.State.Running}}", containerName(id)).Output()
		return err == nil && string(out) == "false\n"
	}); err != nil {
		t.Fatal("it was not killed")
	}
}
