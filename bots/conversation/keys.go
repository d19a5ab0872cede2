package conversation

import (
	"context"
	"fmt"
	"io"
	"time"

	"onionbot/bots/command"
	"onionbot/bots/reply"
	"onionbot/services"
)

// mostKeyFile bounds a file with a public key, in bytes.
const mostKeyFile = 16 << 10

// privateKey answers somebody who sent a private key. Nothing of it is kept:
// the message is erased now, and from the files of the store at once.
func (r *Router) privateKey(ctx context.Context, t turn) error {
	err := r.answer(ctx, t, r.o.Replies.PrivateKey(), "key", "private")
	if err != nil {
		return err
	}
	r.scrub(ctx)
	return nil
}

// scrubLimit is how long the files of the store may take to forget.
const scrubLimit = 30 * time.Second

func (r *Router) scrub(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, scrubLimit)
	defer cancel()
	if err := r.o.Store.Scrub(ctx); err != nil {
		r.o.Log.Error("erase a private key from the database", "error", err)
	}
}

// key adds a public key of the user's, or removes one.
func (r *Router) key(ctx context.Context, t turn, c command.Command) error {
	switch {
	case c.Make:
		return r.makeKey(ctx, t)
	case c.Number > 0:
		return r.removeKey(ctx, t, c.Number)
	}
	text, err := r.keyText(ctx, t, c)
	if err != nil {
		return err
	}
	if services.HoldsPrivateKey(text) {
		return r.privateKey(ctx, t)
	}
	key, err := r.readKey(text)
	if err != nil {
		return err
	}
	mine, err := r.keys(ctx, t.user)
	if err != nil {
		return err
	}
	for _, k := range mine {
		if k.Fingerprint == key.Fingerprint {
			return services.E(services.CodeBadKey, "reason", "known")
		}
	}
	body, err := reply.Encode(r.o.Replies.KeyAdded(key, len(mine)+1))
	if err != nil {
		return err
	}
	return r.o.Manager.AddKey(ctx, t.req, key.Line, body)
}

// keyText is the key that was typed, or the one in the file.
func (r *Router) keyText(ctx context.Context, t turn, c command.Command) (string, error) {
	switch {
	case c.Key != "":
		return c.Key, nil
	case len(t.msg.Attachments) != 1:
		return "", services.E(services.CodeBadKey, "reason", "file")
	}
	file, err := r.patiently(t.msg, t.msg.Attachments[0].Open)(ctx)
	if err != nil {
		return "", err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, mostKeyFile+1))
	if err != nil {
		return "", fmt.Errorf("read a key: %w", err)
	}
	if len(data) > mostKeyFile {
		return "", services.E(services.CodeBadKey, "reason", "unreadable")
	}
	return string(data), nil
}

// keys are a user's public keys, in the order of their numbers.
func (r *Router) keys(ctx context.Context, u *services.User) (out []reply.NumberedKey, err error) {
	given, err := r.o.Manager.KeysOf(ctx, u)
	if err != nil {
		return nil, err
	}
	for _, line := range u.SSHKeys {
		k := reply.NumberedKey{}
		if k.PublicKey, err = r.o.ReadKey(line); err != nil {
			k.PublicKey = services.PublicKey{Line: line, Type: "unknown"} // of an older configuration
		}
		for _, g := range given {
			if g.Line == line {
				k.ID = g.ID
			}
		}
		out = append(out, k)
	}
	for _, public := range u.OnionKeys {
		k := reply.NumberedKey{PublicKey: onionKey(public)}
		for _, g := range given {
			if g.Line == k.Line {
				k.ID = g.ID
			}
		}
		out = append(out, k)
	}
	return out, nil
}

func (r *Router) removeKey(ctx context.Context, t turn, number int) error {
	mine, err := r.keys(ctx, t.user)
	switch {
	case err != nil:
		return err
	case number > len(mine):
		return services.E(services.CodeBadKey, "reason", "number")
	case mine[number-1].ID == 0:
		return services.E(services.CodeBadKey, "reason", "configured")
	}
	k := mine[number-1]
	body, err := reply.Encode(r.o.Replies.KeyRemoved(k.PublicKey, len(mine)-1))
	if err != nil {
		return err
	}
	return r.o.Manager.RemoveKey(ctx, t.req, k.ID, body)
}
