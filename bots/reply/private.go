package reply

import (
	"fmt"
	"strings"

	"onionbot/bots"
	"onionbot/services"
)

// people names several, as in "ana and bob".
func people(names []string) string {
	var out []string
	for _, n := range names {
		out = append(out, tame(n, quoteLimit))
	}
	if last := len(out) - 1; last > 0 {
		return strings.Join(out[:last], ", ") + " and " + out[last]
	}
	return strings.Join(out, "")
}

// private says who may open the address, and how.
func (c card) private() string {
	if c.i == nil || !c.i.Onion.Private() {
		return ""
	}
	return fmt.Sprintf("Private, for %s: Tor Browser asks for your key, everybody else is refused.", people(c.i.Onion.People()))
}

// admitted says that others may open a private address.
func (c card) admitted() bots.Reply {
	who, what := c.n.Args["allowed"], "may open %s in a moment, at the same address"
	if who == "" {
		who, what = c.n.Args["revoked"], "can open %s no more, in a moment; the address stays for the others"
	}
	return c.full(people(strings.Split(who, ",")) + " " + fmt.Sprintf(what, c.name) + ". Whoever is in now is cut off once.")
}

// makeKey is how somebody makes a key where nobody sees it.
const makeKey = `Best on your own device, in three commands:
openssl genpkey -algorithm x25519 -out onion.pem
openssl pkey -in onion.pem -outform DER | tail -c 32 | base32 | tr -d =
openssl pkey -in onion.pem -pubout -outform DER | tail -c 32 | base32 | tr -d =
The second prints your private key: Tor Browser asks you for it, and nobody else should see it. Send me what the third prints: key add onion ABC…
Or type "key make": I make one and show it here once, but then whoever runs this chat can read it.`

// privateSentence is for commands about private addresses.
func privateSentence(e *services.Error, arg func(string) string) string {
	switch e.Code {
	case services.CodeNoOnionKey:
		if arg("name") == "" {
			return "A private address opens with a key, and you have given me none. " + makeKey
		}
		return fmt.Sprintf("Nobody called %s has given me a key for private addresses. They have to send one: key add onion ABC…, or type \"key make\".", quote(e.Args["name"]))
	case services.CodeTooManyKeys:
		return fmt.Sprintf("A private address takes %s keys at most. Name fewer people.", arg("max"))
	case services.CodeAdmitsOthers:
		if arg("private") != "" {
			return fmt.Sprintf("%s runs already, for other people. Type \"allow bob on %s\" to let somebody in, or start another one.", quote(e.Args["name"]), arg("name"))
		}
		return fmt.Sprintf("%s runs already, and everybody may open it; that cannot be taken back. Type \"start another\" with the same words, or stop it first.", quote(e.Args["name"]))
	case services.CodeNotPrivate:
		return fmt.Sprintf("Everybody may open %s. A private address has to be started so: type \"start site private\".", quote(e.Args["name"]))
	case services.CodeNotAllowedIn:
		return fmt.Sprintf("%s may not open %s anyhow. Type \"status\" to see who may.", quote(e.Args["person"]), quote(e.Args["name"]))
	}
	return fmt.Sprintf("%s is the last who may open %s. Type \"stop %s\" to end it, or allow somebody else first.", quote(e.Args["person"]), quote(e.Args["name"]), arg("name"))
}

// KeyMade shows a private key, once.
func (r *Renderer) KeyMade(private services.Secret) bots.Reply {
	return bots.Reply{Text: lines("Your private key, for when Tor Browser asks for one:",
		private.Reveal(),
		"Or, as the line of a .auth_private file of your tor, with the 56 letters of the address before \".onion\" in place of ADDRESS:",
		services.ClientFile("ADDRESS", private).Reveal(),
		"I keep its public half and forget this one. This chat has it now: whoever runs it can read it. Save it, then delete this message. \"start site private\" lets it in.")}
}
