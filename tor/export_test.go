package tor

import (
	"context"
	"errors"
	"path/filepath"
)

// DialSOCKS is for tests that visit onions from outside the pool.
var DialSOCKS = dialSOCKS

// EndAll ends every managed tor of a state directory, whether or not a [Pool]
// has it, and returns when they are gone. Onions on them end with them.
func EndAll(ctx context.Context, stateDir string) error {
	stateDir, err := filepath.Abs(stateDir)
	if err != nil {
		return err
	}
	var errs []error
	for pid, rc := range processes() {
		if filepath.Dir(filepath.Dir(rc)) == stateDir && filepath.Base(rc) == "torrc" {
			errs = append(errs, endProcess(ctx, pid, rc, true))
		}
	}
	return errors.Join(errs...)
}
