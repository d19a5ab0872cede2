// Package console is the adapter for the operator of the machine: a unix
// socket that only the bot's own user can open, and the clients that speak to
// it. The grammar, the sentences and the durable inbox are those of every
// other adapter.
//
// Both sides send frames: one JSON object in a line. A frame that announces a
// file is followed by the file's bytes.
package console
