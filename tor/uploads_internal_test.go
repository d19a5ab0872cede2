package tor

import (
	"slices"
	"testing"

	"github.com/cretz/bine/control"
)

func TestOnlyCircuitsOfEndedUploadsAreSpent(t *testing.T) {
	var u uploads
	for _, event := range []string{
		"1 NEW 0 127.0.0.1.$AA.exit:1 PURPOSE=DIR_UPLOAD",
		"2 NEW 0 127.0.0.1.$AB.exit:1 PURPOSE=DIR_FETCH",
		"3 NEW 0 someplace.onion:80 PURPOSE=USER",
		"4 NEW 0 127.0.0.1.$AC.exit:1 PURPOSE=DIR_UPLOAD",
		"5 NEW 0 127.0.0.1.$AD.exit:1 PURPOSE=DIR_UPLOAD",
		"1 SENTCONNECT 11 127.0.0.1.$AA.exit:1", "1 SUCCEEDED 11 127.0.0.1.$AA.exit:1",
		"1 CLOSED 11 127.0.0.1.$AA.exit:1 REASON=END REMOTE_REASON=DONE",
		"2 CLOSED 12 127.0.0.1.$AB.exit:1 REASON=END",
		"3 CLOSED 13 someplace.onion:80 REASON=DONE",
		"4 CLOSED 0 127.0.0.1.$AC.exit:1 REASON=TIMEOUT", // it never had a circuit
		"5 FAILED 15 127.0.0.1.$AD.exit:1 REASON=TIMEOUT", "5 CLOSED 15 127.0.0.1.$AD.exit:1 REASON=TIMEOUT",
	} {
		u.follow(control.ParseStreamEvent(event))
	}
	if got, want := u.take(), []string{"11", "15"}; !slices.Equal(got, want) {
		t.Errorf("spent %v, want %v", got, want)
	}
	if again := u.take(); again != nil || len(u.streams) != 0 {
		t.Errorf("not forgotten: %v, %v", again, u.streams)
	}
}
