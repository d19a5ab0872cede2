package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"onionbot/bots/conversation"
)

// Descriptions; they never change.
var (
	updates       = series("updates_total", "Events received and stored, each counted once.", "network")
	receiveErrors = series("receive_errors_total", "Attempts to receive that failed.", "network")
	sends         = series("sends_total", "Attempts to send a message, by how they ended: ok, retry, given-up, unwelcome.", "network", "result")
)

// traffic is what the adapters have done since the process began.
type traffic struct{ Sources }

func (*traffic) Describe(out chan<- *prometheus.Desc) {
	out <- updates
	out <- receiveErrors
	out <- sends
}

func (t *traffic) Collect(out chan<- prometheus.Metric) {
	received, sent := t.Received(), t.Sent()
	for _, network := range t.Networks {
		counter(out, updates, received[network].Events, network)
		counter(out, receiveErrors, received[network].Errors, network)
		for _, result := range conversation.SendResults() {
			counter(out, sends, sent[conversation.Sends{Network: network, Result: result}], network, string(result))
		}
	}
}
