// Package mastodon joins Mastodon, and the servers that speak its API
// (GoToSocial, Pleroma, Akkoma, snac), to the conversation.
//
// Notifications are polled with a cursor of our own: [Adapter.Receive] keeps
// the raw event and the cursor before it asks for more, [Adapter.Decode] turns
// a kept event into a message, [Adapter.Send] posts a direct reply that one
// person can read. [Login] and [Check] are what a person runs once to set the
// account up.
//
// Two rules hold everywhere here. The access token goes to the configured
// server and to nobody else, and it is in no error and no log line. Nothing
// that somebody typed can add a reader to a reply: every @ but our own is
// defused, and the server's answer is compared with whom we meant.
package mastodon
