package settings

import "testing"

func TestAKeyIsFoundWhereItIsWritten(t *testing.T) {
	text := []byte("# limits = 1\nname = \"ä = b\" # probe = 1\n  probe = \"x\"\n\n[limits]\nmemory = \"1MiB\"\n[[ports]]\napp = 1\n[[ports]]\napp = 2\n[tmpfs]\n\"/var/lib/x\" = \"1MiB\"\n")
	for key, want := range map[string][2]int{
		"name": {2, 1}, "probe": {3, 3}, "limits": {5, 2}, "limits.memory": {6, 1}, "limits.pids": {5, 2}, "ports": {7, 3},
		"ports.app": {8, 1}, "tmpfs./var/lib/x": {12, 2}, "open": {0, 0}, "": {0, 0},
	} {
		p := []Problem{{Key: key, Say: "x"}, {Key: "probe", Line: 9}}
		Place(text, p)
		if got := [2]int{p[0].Line, p[0].Column}; got != want || p[1].Line != 9 {
			t.Errorf("%s is at %v, want %v", key, got, want)
		}
	}
}
