// Package metrics shows how the bot does to a monitoring system, in the text
// format of Prometheus.
//
// Everything is read when it is asked for, from what the parts keep anyway:
// nothing elsewhere in the program knows of metrics. There are only numbers,
// by network, by service, by state and by tor: no onion address, no user, no
// text, no token. The endpoint is off unless the configuration turns it on,
// and only this machine can ask it.
package metrics
