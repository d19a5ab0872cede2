// Package reply has every sentence that a user can read: answers to commands,
// refusals, and the card that shows one instance. It knows no network.
package reply
