package shim

// The shim's exit codes. They are out of the way of those that apps, shells
// and engines use.
const (
	ExitDeadline = 81 // the deadline came
	ExitIdle     = 82 // nobody came for as long as the rules allow
	ExitVisits   = 83 // the visits were used up
	ExitApp      = 84 // the app ended by itself
	ExitStopped  = 85 // somebody asked the shim to end (SIGTERM)
	ExitRefused  = 86 // it could not start: no readable deadline, no sockets, bad arguments
)
