package mastodon

import (
	"cmp"
	"errors"
	"net/url"
	"strings"
)

// Identity is how a configuration names a person: "109302436954721982", or
// "109302436954721982 https://elsewhere.example/users/ann". The account's id
// on the bot's server decides; an actor that stands beside it is pinned: when
// the id belongs to another actor one day, because the bot moved to another
// server or the server began anew, that is a stranger.
type Identity struct {
	ID    string
	Actor string // "" = not pinned
}

// ParseIdentity reads one. Its errors are sentences for the operator.
func ParseIdentity(s string) (Identity, error) {
	fields := strings.Fields(s)
	if len(fields) == 0 || len(fields) > 2 {
		return Identity{}, errors.New(`must be an account id, or an id and an actor, as in "109302436954721982 https://elsewhere.example/users/ann"`)
	}
	id := Identity{ID: fields[0]}
	if len(fields) == 2 {
		u, err := url.Parse(fields[1])
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return Identity{}, errors.New("has an actor that is not a web address, as in https://elsewhere.example/users/ann")
		}
		id.Actor = fields[1]
	}
	return id, nil
}

// String is the identity as [ParseIdentity] reads it.
func (id Identity) String() string { return strings.TrimSpace(id.ID + " " + id.Actor) }

// actor is the account's global address.
func (a *wireAccount) actor() string { return cmp.Or(a.URI, a.Pleroma.ActorID, a.URL) }

// isActor compares with a pinned actor; "" fits everybody. A server that is
// updated may begin to name the actor where it named the profile page.
func (a *wireAccount) isActor(pinned string) bool {
	return pinned == "" || pinned == a.URI || pinned == a.Pleroma.ActorID || pinned == a.URL
}
