package docker

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"onionbot/services"
)

// buildAttack builds testdata/attack, once for all tests.
var buildAttack = sync.OnceValues(func() (dir string, err error) { //nolint:gochecknoglobals // made once
	dir = filepath.Join(filepath.Dir(shimBinary), "attack")
	build := exec.Command("go", "build", "-o", dir+"/", "./testdata/attack")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return dir, nil
})

// attackProgram is a directory that a container can be given as its content.
func attackProgram(t *testing.T) (dir string) {
	t.Helper()
	dir, err := buildAttack()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// allowed are the attempts that an app may make, beside those that are refused.
func allowed() map[string]bool {
	all := make(map[string]bool)
	for _, a := range []string{
		"socket 0x1 0x1 0x0", "socket 0x1 0x2 0x0", "socket 0x1 0x5 0x0",
		"socketpair 0x1 0x1 0x0", "socketpair 0x1 0x2 0x0", "socketpair 0x1 0x5 0x0",
		"socket 0x2 0x1 0x0", "socket 0x2 0x2 0x0", "socket 0xa 0x1 0x0", "socket 0xa 0x2 0x0",
		"socket 0x10 0x2 0x0", "socket 0x10 0x3 0x0",
	} {
		all[a] = true
	}
	return all
}

func TestAppGetsNothingUnusualFromTheKernel(t *testing.T) {
	r := open(t)
	program := attackProgram(t)
	for _, name := range []string{"site", "ssh"} {
		t.Run(name, func(t *testing.T) {
			d := *service(t, name)
			d.Content = "/srv/content"
			spec := launch(t, r, services.ContainerSpec{Definition: &d, HostKey: newHostKey(t).private, ContentDir: program})
			out, err := inside(t, spec.ID, appUser(t, spec.ID), d.Content+"/attack")
			if err != nil || !strings.HasSuffix(out, "DONE\n") {
				t.Fatalf("%v: %s", err, out)
			}
			checkRefused(t, out)
			if err := eventually(func() bool {
				c, err := r.Inspect(t.Context(), spec.ID)
				return err == nil && c.State == services.ContainerRunning && c.Ready
			}); err != nil {
				t.Error("the service does not answer any more")
			}
		})
	}
}

// checkRefused reads what the attack printed.
func checkRefused(t *testing.T, out string) {
	t.Helper()
	may := allowed()
	lines := strings.Split(strings.TrimSuffix(out, "\nDONE\n"), "\n")
	if len(lines) < 3000 {
		t.Errorf("only %d attempts", len(lines))
	}
	for _, line := range lines {
		what, answer, _ := strings.Cut(line, "\t")
		switch {
		case may[what]:
			if answer != "allowed" {
				t.Errorf("an app needs %s: %s", what, answer)
			}
		case answer == "EPERM":
		case answer == "ENOSYS" && (what == "clone3" || what == "statmount" || what == "listmount"):
		case what == "int80" || what == "x32":
			// Ended by the kernel, or refused like a call that does not exist;
			// a kernel without 32-bit programs knows no such trap.
			if answer != "SIGSYS" && answer != "ENOSYS" && answer != "SIGSEGV" {
				t.Errorf("%s: %s", what, answer)
			}
		default:
			t.Errorf("%s: %s", what, answer)
		}
	}
}
