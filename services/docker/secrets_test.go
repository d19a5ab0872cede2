package docker

import (
	"os/exec"
	"strings"
	"testing"

	"onionbot/services"
)

func TestSecretsReachTheAppAndNobodyElse(t *testing.T) {
	t.Parallel()
	r := open(t)
	d := service(t, "site")
	d.Secrets = []string{"admin", "owner"}
	d.Env = []string{"ADMIN={secret.admin}", "BASE=http://{address}/{secret.owner}/"}
	d.Command = []string{"/bin/bash", "-c", `(exec -a "$0" sleep 600) & exec /usr/sbin/nginx -e stderr -c /etc/onion/nginx.conf`, "{address}"}
	const address = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"
	secrets, _ := d.CompleteSecrets(nil)
	spec := launch(t, r, services.ContainerSpec{Definition: d, Address: address, Secrets: secrets})
	admin, owner := secrets["admin"].Reveal(), secrets["owner"].Reveal()

	out, err := inside(t, spec.ID, appUser(t, spec.ID), `exec 2>/dev/null # complaints would stand in between
for p in /proc/[0-9]*; do
  [ "$(cat $p/comm)" = sleep ] && cat $p/cmdline $p/environ | tr "\0" "\n"
done; cat /onion/private/admin; echo; cat /onion/private/owner; echo
echo spoilt > /onion/private/admin && echo WROTE; rm -f /onion/private/owner && echo REMOVED; exit 0`)
	for _, want := range []string{address + "\n600\n", "ADMIN=" + admin + "\n", "BASE=http://" + address + "/" + owner + "/\n", "\n" + admin + "\n" + owner + "\n"} {
		if err != nil || !strings.Contains(out, want) {
			t.Errorf("the app does not find %q in %s (%v)", want, out, err)
		}
	}
	if strings.Contains(out, "WROTE") || strings.Contains(out, "REMOVED") {
		t.Errorf("the app can change its secrets: %s", out)
	}
	if out, _ := inside(t, spec.ID, "12345:12345", "cat /onion/private/admin"); strings.Contains(out, admin) {
		t.Error("another user of the container reads the secret")
	}
	told, err := exec.CommandContext(t.Context(), "docker", "inspect", containerName(spec.ID)).Output()
	if err != nil || len(told) < 1000 {
		t.Fatalf("inspect: %s (%v)", told, err)
	}
	for _, hidden := range []string{admin, owner, address} {
		if strings.Contains(string(told), hidden) {
			t.Error("the engine knows a secret or the address")
		}
	}
}
