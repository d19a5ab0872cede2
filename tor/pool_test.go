package tor

import (
	"testing"

	"onionbot/services"
)

func TestTwoPoolsCannotShareAStateDirectory(t *testing.T) {
	f := newFakeTor(t)
	p := openFakes(t, Options{}, f)
	o := p.o
	if second, err := Open(t.Context(), o); !services.IsCode(err, services.CodeLocked) {
		t.Errorf("second pool = %v, %v", second, err)
	}
}
