package services_test

import (
	"strings"
	"testing"

	"onionbot/services"
)

// TestPolicy is who may do what: own means what somebody started, given what
// its owner shares with them, nobody what is another's.
func TestPolicy(t *testing.T) {
	const table = `
		who       tie     look  extend  stop  fill  share
		operator  own     yes   yes     yes   yes   yes
		operator  given   yes   yes     yes   yes   yes
		operator  nobody  yes   yes     yes   yes   yes
		member    own     yes   yes     yes   yes   yes
		member    given   yes   yes     yes   no    no
		member    nobody  no    no      no    no    no
		guest     own     yes   yes     yes   no    no
		guest     given   yes   yes     no    no    no
		guest     nobody  no    no      no    no    no
		nonsense  own     no    no      no    no    no
	`
	rows := strings.Split(strings.TrimSpace(table), "\n")
	deeds := strings.Fields(rows[0])[2:]
	for _, row := range rows[1:] {
		cells := strings.Fields(row)
		role, tie := services.Role(cells[0]), services.Tie(cells[1])
		for k, deed := range deeds {
			if got := role.Allows(tie, services.Deed(deed)); got != (cells[k+2] == "yes") {
				t.Errorf("%s may %s what is %s: %t", role, deed, tie, got)
			}
		}
	}
	for role, starts := range map[services.Role]bool{"operator": true, "member": true, "": true, "guest": false} {
		u := services.User{Role: role, Services: []string{"*"}}
		if u.May("site") != starts || u.Operates() != (role == "operator") {
			t.Errorf("%q starts: %t, operates: %t", role, u.May("site"), u.Operates())
		}
	}
}
