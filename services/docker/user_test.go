package docker

import (
	"fmt"
	"strings"
	"testing"

	"onionbot/services"
)

func TestAppIsAUserOfItsOwnWithoutAnyCapability(t *testing.T) {
	r := open(t)
	seen := make(map[string]string)
	for _, name := range []string{"site", "site", "ssh"} {
		spec := services.ContainerSpec{ID: freshID(), Definition: service(t, name), HostKey: newHostKey(t).private}
		launch(t, r, spec)
		user := appUser(t, spec.ID)
		if other := seen[user]; other != "" {
			t.Errorf("%s of a %s is also that of a %s", user, name, other)
		}
		seen[user] = name
		if err := eventually(func() bool { return processesOf(t, user) > 0 }); err != nil {
			t.Fatalf("on the host nothing runs as %s", user)
		}
		status, err := inside(t, spec.ID, "0:0", `for p in /proc/[0-9]*; do [ "$p" = /proc/1 ] || [ "$p" = /proc/$$ ] || cat $p/status; done`)
		if err != nil {
			t.Fatal(err)
		}
		wantPlain(t, status, user)
	}
}

// wantPlain reads the status files of an app's processes, and of the shell
// that read them.
func wantPlain(t *testing.T, status, user string) {
	t.Helper()
	uid, _, _ := strings.Cut(user, ":")
	apps := 0
	for _, one := range strings.Split(status, "Name:")[1:] {
		if !strings.Contains(one, fmt.Sprintf("\nUid:\t%[1]s\t%[1]s\t%[1]s\t%[1]s\n", uid)) {
			continue
		}
		apps++
		for _, want := range []string{
			fmt.Sprintf("\nGid:\t%[1]s\t%[1]s\t%[1]s\t%[1]s\n", uid), "\nGroups:\t \n", "\nNoNewPrivs:\t1\n",
			"\nCapInh:\t0000000000000000\n", "\nCapPrm:\t0000000000000000\n", "\nCapEff:\t0000000000000000\n",
			"\nCapBnd:\t0000000000000000\n", "\nCapAmb:\t0000000000000000\n",
		} {
			if !strings.Contains(one, want) {
				t.Errorf("no %q in %s", want, one)
			}
		}
	}
	if apps == 0 {
		t.Errorf("no process of %s in %s", user, status)
	}
}

func TestPID1KeepsTheRightToKillAlone(t *testing.T) {
	r := open(t)
	spec := launch(t, r, services.ContainerSpec{Definition: service(t, "site")})
	status, err := inside(t, spec.ID, "0:0", "cat /proc/1/task/*/status")
	if err != nil {
		t.Fatal(err)
	}
	const kill = "0000000000000020"
	if n := strings.Count(status, "CapPrm:"); n == 0 || strings.Count(status, "CapPrm:\t"+kill) != n || strings.Count(status, "CapEff:\t"+kill) != n {
		t.Errorf("%d threads: %s", n, status)
	}
}

// A bot that was restarted knows no more than what lies in the run directory.
func TestUserStaysWithItsInstance(t *testing.T) {
	r := open(t)
	d := service(t, "site")
	ids := []string{freshID(), freshID(), freshID()}
	var first []identity
	for _, id := range ids {
		if err := r.Prepare(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		who, err := r.identify(t.Context(), id, d)
		if err != nil || !hostIDs.has(who.uid) || who.gid != who.uid || !who.own {
			t.Fatalf("%+v, %v", who, err)
		}
		first = append(first, who)
	}
	again, err := New(r.opts)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	for i, id := range ids {
		if who, err := again.identify(t.Context(), id, d); err != nil || who != first[i] {
			t.Errorf("was %+v, is %+v, %v", first[i], who, err)
		}
	}
}

func TestUsersAreNeverShared(t *testing.T) {
	r := open(t)
	few := idRange{first: 50000, size: 40}
	seen := make(map[uint32]bool)
	for range few.size {
		id := freshID()
		if err := r.Prepare(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		n, err := r.ownID(id, few)
		if err != nil || !few.has(n) || seen[n] {
			t.Fatalf("%d, again: %t, %v", n, seen[n], err)
		}
		seen[n] = true
	}
}

func TestAppGivesWayToPID1(t *testing.T) {
	r := open(t)
	spec := launch(t, r, services.ContainerSpec{Definition: service(t, "site")})
	out, err := inside(t, spec.ID, "0:0", `app=$(cat /proc/1/task/*/children | cut -d' ' -f1)
for p in 1 $app; do read -r _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ nice _ </proc/$p/stat; echo $nice $(cat /proc/$p/oom_score_adj); done`)
	if err != nil || out != "0 0\n19 1000\n" {
		t.Errorf("niceness and preference when memory runs out, of PID 1 and the app: %q, %v", out, err)
	}
}
