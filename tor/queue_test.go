package tor

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onionbot/services"
)

func TestQueueLetsOwnersTakeTurns(t *testing.T) {
	var q fairQueue
	made := map[string]*publication{}
	for _, name := range []string{"a1", "a2", "a3", "-1", "b1", "c1", "c2", "-2"} {
		owner := strings.Trim(name[:1], "-")
		made[name] = &publication{id: name, spec: services.OnionSpec{Owner: owner}}
		q.push(made[name])
	}
	q.remove(made["a2"])
	var got []string
	for pub := q.pop(); pub != nil; pub = q.pop() {
		got = append(got, pub.id)
	}
	if diff := cmp.Diff([]string{"a1", "b1", "c1", "a3", "c2", "-1", "-2"}, got); diff != "" {
		t.Error(diff)
	}
	if !q.empty() {
		t.Error("not empty")
	}
}
