// Command onionbot starts container-backed onion services on request from a
// chat, and takes them down on time.
//
// # A guided tour: what happens to "start site"
//
// Each stop is a folder; its doc.go and the type it is named after come first.
//
//  1. cmd/onionbot: daemon.go puts the parts together, in the order in which
//     they need each other. Nothing else knows all of them.
//  2. bots/telegram (mastodon, console): receive.go takes the event from the
//     wire and has it stored, with the network's cursor, before it is
//     acknowledged. decode.go makes a bots.Message of it.
//  3. bots/conversation: inbox.go takes stored events in hand, in order for
//     each sender; router.go asks who it is, once for each message.
//  4. bots/command: grammar.go reads the words. It knows no network and no user.
//  5. services: start.go checks what the user may do, makes key and address,
//     and writes instance, audit entry, reply and reminders in ONE transaction
//     of the store (db). Then it notifies the reconciler, and that is all.
//  6. services/reconcile: actor.go observes the container and the onion,
//     plan.go says what is missing, apply.go does it.
//  7. services/docker: run.go starts the container, which has no network; the
//     image comes from services/catalog, the files from services/content.
//  8. services/shim: main.go is PID 1 in there. It makes the sockets, starts the
//     app as another user, relays visitors to it, and keeps the deadline.
//  9. tor: publish.go adds the onion to the least loaded tor of the pool;
//     probe.go opens the address through another one. Only that makes it
//     "reachable", a transition that transitions.go of stop 6 writes down.
//  10. bots/reply: cards.go says it, in words that a person can read.
//  11. bots/conversation: outbox.go and deliver.go bring it to the chat, once,
//     however often the program ends in between.
//  12. services/reconcile: teardown.go, when the time is over, stops what runs,
//     sees that the address no longer opens, and erases what must not stay.
//
// docs/architecture.md has the reasons; imports_test.go holds the arrows.
package main
