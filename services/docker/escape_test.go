package docker

import (
	"os"
	"slices"
	"testing"

	"onionbot/services"
	"onionbot/services/catalog"
	"onionbot/services/shim/escape"
)

// attempted are some of the ways out that have to be among those that are tried.
var attempted = []string{ //nolint:gochecknoglobals // a table
	"mount", "trace PID 1", "make the device of a disk", "raw socket", "a program with the right to be root", "be root",
	"new user namespace by unshare", "new user namespace by clone", "clone3", "bpf", "io_uring", "keyctl", "perf_event_open",
	"userfaultfd", "file by its handle", "chroot", "load a module", "kexec", "type at the terminal",
	"make a file in /", "make a file in /onion/control", "write /proc/sys/kernel/core_pattern", "write /sys/fs/cgroup/release_agent",
}

func TestNoServiceOfTheCatalogueLetsItsAppOut(t *testing.T) {
	all, err := catalog.Load("")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		t.Run(d.Name, func(t *testing.T) {
			if d.OnDemand && os.Getenv("ONIONBOT_SOAK") == "" {
				t.Skip("its image takes minutes to build: with ONIONBOT_SOAK=1")
			}
			t.Parallel()
			r := open(t)
			secrets, _ := d.CompleteSecrets(nil)
			spec := launch(t, r, services.ContainerSpec{Definition: d, HostKey: newHostKey(t).private, Address: "example.onion", Secrets: secrets})
			found, err := r.Attack(t.Context(), spec)
			if err != nil {
				t.Fatal(err)
			}
			wantClosed(t, found)
			if err := eventually(func() bool {
				c, err := r.Inspect(t.Context(), spec.ID)
				return err == nil && c.State == services.ContainerRunning && c.Ready
			}); err != nil {
				t.Error("the service does not answer any more")
			}
		})
	}
}

func wantClosed(t *testing.T, found []escape.Finding) {
	t.Helper()
	tried := make(map[string]bool)
	for _, f := range found {
		tried[f.What] = true
		if f.Open {
			t.Errorf("open: %s: %s", f.What, f.Answer)
		}
	}
	for _, what := range attempted {
		if !tried[what] {
			t.Errorf("%q was not tried", what)
		}
	}
	t.Logf("%d ways out were tried", len(found))
}

// The same attempts where a wall is missing: they can tell.
func TestAppThatIsRootIsSeenToGetAtPID1(t *testing.T) {
	t.Parallel()
	r := open(t)
	d, content := hostile(t, "hold")
	d.User, d.Caps = "0:0", []string{"SYS_NICE"}
	spec := launch(t, r, services.ContainerSpec{Definition: d, ContentDir: content})
	found, err := r.Attack(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	var open []string
	for _, f := range found {
		if f.Open {
			open = append(open, f.What)
		}
	}
	for _, want := range []string{"signal to PID 1", "priority of PID 1", "processors of PID 1"} {
		if !slices.Contains(open, want) {
			t.Errorf("%q is not among %q", want, open)
		}
	}
	for _, never := range []string{"mount", "make a file in /", "load a module", "raw socket"} {
		if slices.Contains(open, never) {
			t.Errorf("root in a container is let through: %s", never)
		}
	}
	t.Logf("open to root: %q", open)
}
