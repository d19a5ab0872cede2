package conversation

import (
	"context"
	"strings"

	"onionbot/bots/command"
	"onionbot/bots/reply"
	"onionbot/services"
)

// onionKey is a user's key for private addresses, as one of their public keys.
func onionKey(public string) services.PublicKey {
	return services.PublicKey{Line: services.ClientLine(public), Type: "onion", Fingerprint: public}
}

// readKey reads a public key of either kind.
func (r *Router) readKey(text string) (services.PublicKey, error) {
	text = strings.TrimSpace(text)
	first, rest, _ := strings.Cut(text, " ")
	switch {
	case strings.EqualFold(first, "onion"):
		text = rest
	case !strings.HasPrefix(strings.ToLower(text), "descriptor:"):
		return r.o.ReadKey(text)
	}
	public, err := services.ReadClientKey(text)
	if err != nil {
		return services.PublicKey{}, err
	}
	return onionKey(public), nil
}

// makeKey makes a pair of keys for private addresses: the public one is kept,
// the private one is shown once.
func (r *Router) makeKey(ctx context.Context, t turn) error {
	public, private, err := services.NewClientKey()
	if err != nil {
		return err
	}
	body, err := reply.Encode(r.o.Replies.KeyMade(private))
	if err != nil {
		return err
	}
	return r.o.Manager.AddKey(ctx, t.req, services.ClientLine(public), body)
}

// clients are people with the keys by which they open a private address; own
// adds whoever asks, if they have one. That somebody is here is not told to
// others: who has no key and who is nobody read the same.
func (r *Router) clients(u *services.User, names []string, own bool) (out []services.Client, err error) {
	if own && (len(names) == 0 || len(u.OnionKeys) > 0) {
		names = append([]string{u.Name}, names...)
	}
	done := make(map[string]bool)
	for _, name := range names {
		somebody := r.o.Directory.Named(name)
		if name == "me" || name == "myself" || somebody != nil && somebody.Name == u.Name {
			somebody, name = u, ""
		}
		if somebody == nil || len(somebody.OnionKeys) == 0 {
			return nil, services.E(services.CodeNoOnionKey, "name", name)
		}
		for _, key := range somebody.OnionKeys {
			if !done[somebody.Name] {
				out = append(out, services.Client{Person: somebody.Name, Key: key})
			}
		}
		done[somebody.Name] = true
	}
	return out, nil
}

// admit lets people in to a private address, or shuts them out.
func (r *Router) admit(ctx context.Context, t turn, c command.Command) error {
	if c.Target != "" && len(c.People) == 1 { // "allow bob to blog" reads like "allow blog to bob"
		if _, err := r.o.Manager.Find(ctx, t.user, c.Target); services.IsCode(err, services.CodeUnknownName) {
			if _, err := r.o.Manager.Find(ctx, t.user, c.People[0]); err == nil {
				c.Target, c.People[0] = c.People[0], c.Target
			}
		}
	}
	if c.Verb == command.VerbAllow {
		clients, err := r.clients(t.user, c.People, false)
		if err != nil {
			return err
		}
		return r.o.Manager.Allow(ctx, t.req, c.Target, clients)
	}
	var names []string
	for _, name := range c.People {
		switch somebody := r.o.Directory.Named(name); {
		case name == "me" || name == "myself":
			name = t.user.Name
		case somebody != nil:
			name = somebody.Name
		}
		names = append(names, name)
	}
	return r.o.Manager.Revoke(ctx, t.req, c.Target, names)
}
