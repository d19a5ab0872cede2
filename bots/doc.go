// Package bots is the contract between a chat network and the conversation:
// [Message] comes in, [Reply] goes out, [Adapter] joins them to the wire.
//
// Adapters (telegram, mastodon, console) see this package and no other of the
// folders below: command is the language, reply the sentences, conversation
// what happens between a message and its reply.
package bots
