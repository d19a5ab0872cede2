package metrics

import (
	"context"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"onionbot/services"
)

// Descriptions; they never change.
var (
	storeOK   = series("store_ok", "1 if the database can be read.")
	instances = series("instances", "Services that are not gone yet, by state.", "service", "state")
	warm      = series("warm_addresses", "Addresses that were published ahead of time and wait for a start.")
	pending   = series("outbox_pending", "Messages that should have been sent by now.", "network")
)

// other stands for a service or network that is not configured any more.
const other = "other"

// rows is what the database says.
type rows struct{ Sources }

func (*rows) Describe(out chan<- *prometheus.Desc) {
	out <- storeOK
	out <- instances
	out <- warm
	out <- pending
}

func (r *rows) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), askLimit)
	defer cancel()
	list, waiting, err := r.read(ctx)
	gauge(out, storeOK, asNumber(err == nil))
	if err != nil {
		return // no numbers are better than wrong ones
	}
	r.countInstances(out, list)
	r.countPending(out, waiting)
}

func (r *rows) read(ctx context.Context) (list []*services.Instance, waiting map[string]int, err error) {
	err = r.Store.View(ctx, func(tx services.Tx) error {
		if list, err = tx.Instances(services.InstanceFilter{NotEnded: true}); err != nil {
			return err
		}
		waiting, err = tx.CountDue(r.Clock.Now())
		return err
	})
	return list, waiting, err
}

// states are those of an instance that is not gone.
func states() []services.State {
	return []services.State{
		services.StateStarting, services.StatePublishing, services.StateReachable, services.StateDown, services.StateStopping,
	}
}

// countInstances shows zeros too, so that a change from none to one is seen.
func (r *rows) countInstances(out chan<- prometheus.Metric, list []*services.Instance) {
	type kind struct{ service, state string }
	count, ahead := make(map[kind]int), 0
	for _, service := range r.Services {
		for _, state := range states() {
			count[kind{service, string(state)}] = 0
		}
	}
	for _, i := range list {
		if i.Owner == "" { // nobody's yet
			if i.Desired == services.DesiredWarm && i.State == services.StatePublishing {
				ahead++
			}
			continue
		}
		for _, service := range i.Services() {
			if !slices.Contains(r.Services, service) {
				service = other
			}
			count[kind{service, string(i.State)}]++
		}
	}
	for k, n := range count {
		gauge(out, instances, float64(n), k.service, k.state)
	}
	gauge(out, warm, float64(ahead))
}

func (r *rows) countPending(out chan<- prometheus.Metric, waiting map[string]int) {
	count := make(map[string]int)
	for _, network := range r.Networks {
		count[network] = 0
	}
	for network, n := range waiting {
		if !slices.Contains(r.Networks, network) {
			network = other
		}
		count[network] += n
	}
	for network, n := range count {
		gauge(out, pending, float64(n), network)
	}
}
