package main

import (
	"context"
	"strings"
)

// attacked tries the ways out of the container, from inside and as the app.
func (t *trial) attacked(ctx context.Context) {
	found, err := t.runtime.Attack(ctx, t.spec)
	if err != nil {
		t.fail("attacked", "%v", err)
		return
	}
	tell, why := t.fail, ""
	if strings.HasPrefix(t.spec.Definition.User, "0:") { // it asked for that
		tell, why = t.note, "; an app that is not root could not, see user"
	}
	closed := 0
	for _, f := range found {
		if !f.Open {
			closed++
			continue
		}
		tell("attacked", "the app may %s (%s)%s", f.What, f.Answer, why)
	}
	t.well("attacked", "from inside, as its app: %d of %d ways out are closed", closed, len(found))
}
