package reconcile

import (
	"fmt"
	"hash/fnv"
	"time"

	"onionbot/services"
)

// watchAt is when a reachable address is opened again: Policy.Watch after the
// last time, a quarter sooner to a quarter later. A visit that came every five
// minutes would tell an app which visitor is the bot, and two apps that they
// have the same. The moment follows from the row, so that planning stays pure.
func watchAt(p *services.Policy, i *services.Instance) time.Time {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %d", i.Onion.Key.Reveal(), i.CheckedAt.UnixMilli()) // only the host knows the key
	const steps = 1 << 16
	shift := time.Duration(h.Sum64()%steps)*(p.Watch/(2*steps)) - p.Watch/4
	return i.CheckedAt.Add(p.Watch + shift)
}
