package services

import "context"

// Health is the state of the machine in plain facts; empty strings mean well.
type Health struct {
	Docker   string            // what is wrong with the container engine
	Tor      string            // what is wrong with tor
	Disk     string            // what is wrong with the state directory
	Clock    string            // what was done to the machine's clock
	Images   string            // what is wrong with images that should be rebuilt, for operators
	Adapters map[string]string // network to trouble, as the adapters report it
	Defences Defences          // of addresses against floods
	Live     int               // instances that should run
	Ready    int               // of them reachable
}

// Defences are what tor does so that no visitor of an address keeps the others
// out. The zero value says that nothing is known.
type Defences struct {
	Streams   int // connections that one visitor may hold
	Newcomers int // a second, beyond which they are asked for a proof of work; 0 if a tor cannot ask for one
}

// HealthSource tells the health of the machine.
type HealthSource interface {
	Health(ctx context.Context) Health
}
