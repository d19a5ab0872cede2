package metrics

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
)

// Descriptions; they never change.
var (
	dockerUp = series("docker_up", "1 if the container engine answers.")
	diskOK   = series("disk_ok", "1 if the last write to the state directory went through.")
	clockOK  = series("clock_ok", "1 if the machine's clock was not set back while the bot ran.")
	imagesOK = series("images_ok", "1 if no image is older than it should be because it could not be rebuilt.")
	trouble  = series("receive_trouble", "1 if messages of the network do not arrive and that lasts; \"status\" says why.", "network")
	torUp    = series("tor_up", "1 if this tor answers and has reached the Tor network.", "tor")
)

// machine is what "status" tells the operator, as numbers.
type machine struct{ Sources }

func (*machine) Describe(out chan<- *prometheus.Desc) {
	out <- dockerUp
	out <- diskOK
	out <- clockOK
	out <- imagesOK
	out <- trouble
}

func (m *machine) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), askLimit)
	defer cancel()
	h := m.Health.Health(ctx)
	gauge(out, dockerUp, asNumber(h.Docker == ""))
	gauge(out, diskOK, asNumber(h.Disk == ""))
	gauge(out, clockOK, asNumber(h.Clock == ""))
	gauge(out, imagesOK, asNumber(h.Images == ""))
	for _, network := range m.Networks {
		gauge(out, trouble, asNumber(h.Adapters[network] != ""), network)
	}
}

// tors are the pool's processes.
type tors struct{ Sources }

func (*tors) Describe(out chan<- *prometheus.Desc) { out <- torUp }

func (t *tors) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), askLimit)
	defer cancel()
	for _, one := range t.Tors(ctx) {
		gauge(out, torUp, asNumber(one.Up), one.Name)
	}
}
