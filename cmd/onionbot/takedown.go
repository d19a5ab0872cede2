package main

import (
	"context"
	"fmt"
	"time"

	"onionbot/services"
)

// takeDown ends every instance, warm addresses included, and waits until
// nothing is left or the limit has passed.
func (d *daemon) takeDown(ctx context.Context) error {
	d.reconciler.Retire()
	if err := d.manager.TakeDown(ctx); err != nil {
		return err
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		left, err := d.left(ctx)
		if err != nil || left == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d services could not be taken down in time; they end at their deadlines", left)
		case <-tick.C:
		}
	}
}

func (d *daemon) left(ctx context.Context) (int, error) {
	var rows []*services.Instance
	err := d.store.View(ctx, func(tx services.Tx) error {
		var err error
		rows, err = tx.Instances(services.InstanceFilter{NotEnded: true})
		return err
	})
	return len(rows), err
}
