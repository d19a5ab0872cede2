// Package tor publishes onion services on a small pool of tor processes and
// opens them again through other ones. It implements [services.Onions] and is
// the only importer of a Tor control library.
//
// A guided tour:
//
//   - [Pool] (pool.go) is the whole: its members, what is known of each onion,
//     and the queue of those to be published.
//   - A member (member.go, member_state.go) is one tor process. A goroutine of its
//     own keeps it running (process.go, account.go, torrc.go), keeps two control
//     connections to it (requests in link.go, events in events.go) and knows
//     whether it answers.
//   - Publication (publish.go, publication.go, placement.go, queue.go):
//     least-loaded first, at most a few unpublished onions per tor at a time, the
//     rest in a queue that is fair to each owner. What tor itself does against
//     greedy visitors and floods is asked for in defence.go.
//   - Observation and removal (observe.go, remove.go).
//   - Probing (probe.go, visit.go, socks.go) always goes through another tor than
//     the one that hosts the onion.
//
// # Never one key on two tors
//
// Two tors with the same key overwrite each other's descriptors, and visitors
// land on either. So what a tor was ever told to host counts as hosted there
// until that tor says otherwise or its process is known to be dead. While it
// does neither, the onion is neither absent nor placeable, and callers get
// [services.CodeUnavailable]. A tor that stays silent for [Options.HangLimit]
// is killed, so that this ends.
//
// # Outliving the bot
//
// Managed tors run in a session of their own and are found again by their
// command line, so no stale pid file can deceive; what they host is read back
// from them. See process.go.
package tor
