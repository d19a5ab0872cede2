// Package shim is the small process that is PID 1 in every container, mounted
// read-only and run as "onionbot shim". A release has it as a small program of
// its own inside (cmd/onionbot-shim); any onionbot binary can be it.
//
// A container has no network. The shim listens on one unix socket per onion
// port, relays each connection to the app on the container's own loopback, and
// ends everything when the deadline comes, when nobody visits any more, or
// when the visits are used up. It needs nobody for that: the bot and the
// engine's client side may be dead.
//
// # The handshake
//
// The shim binds its sockets in [SocketDir], its control socket last, and
// starts nothing. The runtime moves the sockets out of that directory, to where
// the container cannot reach them, removes the directory, and only then connects
// to the control socket and says "go". So the app, which starts only now, never
// had a directory in which it could put a symlink for tor to follow, nor can it
// talk to the control socket. Secrets (an ssh host key) travel in the go
// request, never in the environment, the arguments or on the host's disk.
//
// # PID 1 and the app
//
// The shim is root in the container, with the capabilities to start the app as
// another user and to end it (and no more than KILL once the app runs). The app
// has a uid of its own, no capability unless its definition names some, no new
// privileges and a lower priority, which only counts between it and the shim.
// So the app can neither signal, trace, renice nor starve PID 1. Its output goes
// nowhere; of one that never came up the last words are kept.
//
// # The report
//
// The shim opens a file among its sockets, which the runtime moves away with
// them, and writes down its counts there on every visit: they outlive the
// container, however it ends.
//
// # Time
//
// The deadline is a file of [ControlDir] with a wall-clock time in unix
// milliseconds; the bot replaces it to prolong. The shim's clock is the wall
// clock that never runs backwards: it advances at least as fast as
// CLOCK_BOOTTIME, which counts suspended time. Setting the clock back prolongs
// nothing; setting it forward ends early.
//
// # Visits
//
// Counting starts with "arm", so that the bot's own check burns nothing. A
// visit is a burst of connections: one that comes less than Go.Burst after
// the last sign of the visitor before it belongs to the same visit, because a
// browser opens several for one page. With a burst of zero each connection is
// a visit. Two people who come within one burst are one visit. After ten minutes
// whoever still comes is a visit more. Nothing about a visitor is known or kept.
package shim
