package reply

import (
	"fmt"

	"onionbot/bots"
	"onionbot/services"
)

// NumberedKey is a key of a user; its number is its place in the list.
type NumberedKey struct {
	services.PublicKey
	ID int64 // 0 if it stands in the configuration
}

// describeKey names a key as people tell theirs apart.
func describeKey(k services.PublicKey) string {
	s := k.Type + " " + k.Fingerprint
	if k.Comment != "" {
		s += " (" + tame(k.Comment, quoteLimit) + ")"
	}
	return s
}

// Keys lists a user's public keys.
func (r *Renderer) Keys(mine []NumberedKey) bots.Reply {
	if len(mine) == 0 {
		return bots.Reply{Text: "You have given no public ssh key. Send the line of your .pub file: key add ssh-ed25519 AAAA…, or the file with the words \"key add\". Never send a private key."}
	}
	var out []string
	for n, k := range mine {
		line := fmt.Sprintf("%d. %s", n+1, describeKey(k.PublicKey))
		if k.ID == 0 {
			line += ", in the configuration"
		}
		out = append(out, line)
	}
	return bots.Reply{Text: lines(append(out, fmt.Sprintf("Type \"key remove %d\" to take one away.", len(mine)))...)}
}

// KeyAdded says that a key lets its owner in from now on.
func (r *Renderer) KeyAdded(k services.PublicKey, of int) bots.Reply {
	if _, onion := services.ClientIn(k.Line); onion {
		return bots.Reply{Text: fmt.Sprintf("Key %d is %s. Private addresses that are started from now on let it in; type \"allow me\" for one that runs.", of, describeKey(k))}
	}
	return bots.Reply{Text: fmt.Sprintf("Key %d is %s. What you run with ssh lets it in from now on. Type \"keys\" to see all.", of, describeKey(k))}
}

// KeyRemoved says that a key lets nobody in any more.
func (r *Renderer) KeyRemoved(k services.PublicKey, left int) bots.Reply {
	if _, onion := services.ClientIn(k.Line); onion {
		return bots.Reply{Text: fmt.Sprintf("Removed: %s. No private address that is started from now on lets it in. One that runs still does: its owner types \"revoke\" and the name. You have %s.", describeKey(k), plural(left, "key", "keys"))}
	}
	return bots.Reply{Text: fmt.Sprintf("Removed: %s. It lets nobody in from now on; who is in already stays until they leave. You have %s.", describeKey(k), plural(left, "key", "keys"))}
}

// PrivateKey answers somebody who sent what they should have kept.
func (r *Renderer) PrivateKey() bots.Reply {
	return bots.Reply{
		Text: lines("That is a PRIVATE key. I did not keep it, but this chat has seen it: it is private no more.",
			"Delete that message, make a new key (ssh-keygen -t ed25519), and send only what is in the file that ends in .pub: key add ssh-ed25519 AAAA…"),
		Error: true,
	}
}

// keySentence says why a key was refused.
func keySentence(reason string) string {
	switch reason {
	case "onion":
		return "I can't read that as a key for private addresses: it has 52 letters and digits, as in: key add onion ABC…"
	case "options":
		return "That line has options before the key, which I do not take. Send it from \"ssh-\" on: key add ssh-ed25519 AAAA…"
	case "type":
		return "Keys of that kind are not accepted. Make one with: ssh-keygen -t ed25519"
	case "weak":
		return "That RSA key is too short: 2048 bits at least. Better, make one with: ssh-keygen -t ed25519"
	case "many":
		return "You have as many keys as you may. Type \"keys\" to see them, \"key remove 1\" to take one away."
	case "known":
		return "You have given that key already. Type \"keys\" to see all."
	case "number":
		return "You have no key of that number. Type \"keys\" to see them."
	case "configured":
		return "That key stands in the configuration, which only its file changes. Ask the operator."
	case "file":
		return "Which key? Type \"key add\" and the line of your .pub file behind it, or send that file with the words \"key add\"."
	}
	return "I can't read that as a public ssh key. Send the one line of your .pub file, as in: key add ssh-ed25519 AAAA…"
}
