package metrics

import (
	"context"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"onionbot/bots/conversation"
	"onionbot/services"
)

// Tor is one tor process.
type Tor struct {
	Name string // as the pool names it: "tor1"
	Up   bool   // it answers and has reached the Tor network
}

// Sources are what is read for an answer. All are required.
type Sources struct {
	Version  string
	Networks []string // of the adapters
	Services []string // names in the catalogue

	Store    services.Store
	Clock    services.Clock
	Health   services.HealthSource // with the adapters' troubles
	Tors     func(ctx context.Context) []Tor
	Received func() map[string]conversation.Received
	Sent     func() map[conversation.Sends]uint64
}

// askLimit is how long the parts may take for one answer. Monitoring systems
// wait for 10 s, and "does not answer" has to reach them.
const askLimit = 5 * time.Second

// newRegistry joins the collectors. They are asked at the same time, each
// within the limit: one that hangs does not hide the others.
func newRegistry(s Sources) *prometheus.Registry {
	r := prometheus.NewRegistry()
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "onionbot_build_info", Help: "Always 1; the labels say what is running.",
		ConstLabels: prometheus.Labels{"version": s.Version, "goversion": runtime.Version()},
	})
	build.Set(1)
	r.MustRegister(
		build, &machine{s}, &tors{s}, &rows{s}, &traffic{s},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return r
}

// series describes numbers of one name.
func series(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("onionbot_"+name, help, labels, nil)
}

func gauge(out chan<- prometheus.Metric, d *prometheus.Desc, v float64, labels ...string) {
	out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

func counter(out chan<- prometheus.Metric, d *prometheus.Desc, v uint64, labels ...string) {
	out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
}

func asNumber(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
