// Package bots is the conversation that every front end shares: the grammar
// of commands, who may give them, every sentence a user can read, and the
// durable way in (inbox) and out (outbox).
//
// The folders below are the adapters, one per network: wire events to
// [Message], [Reply] to the wire, and nothing else.
package bots
