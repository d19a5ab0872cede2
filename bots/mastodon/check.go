package mastodon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	mastodon "github.com/mattn/go-mastodon"

	"onionbot/bots"
	"onionbot/services"
)

// ErrProblems: [Check] found something that keeps private mentions from the bot.
var ErrProblems = errors.New("mastodon: some private mentions will not arrive; see above")

// profileNote says on the bot's profile what it is.
const profileNote = "I am a bot. I start onion services for the people I know, on a private mention from them. I do not answer anybody else."

// CheckOptions configure [Check].
type CheckOptions struct {
	Server string // as in [Options]
	Token  services.Secret
	Dial   DialFunc
	Users  []string  // "name@host", "name", or an [Identity]
	Fix    bool      // offer to repair, asking on In before each step
	In     io.Reader // answers: "y" agrees
	Out    io.Writer // the findings
}

// checker is one run of [Check].
type checker struct {
	CheckOptions
	client   *mastodon.Client
	problems int
}

// Check tells whether the account works as a bot: token and rights, bot flag,
// and whether private mentions from the users arrive or are filtered. It
// prints the id and the actor of each user for the configuration.
func Check(ctx context.Context, o CheckOptions) error {
	base, err := parseServer(o.Server)
	if err != nil {
		return err
	}
	c := &checker{CheckOptions: o, client: newClient(base, newGuard(base, bots.NewToken(o.Token, nil), o.Dial, nil))}
	c.Token = "" // the client has it
	var self wireSelf
	if err := callAPI(ctx, c.client, http.MethodGet, "/api/v1/accounts/verify_credentials", nil, &self); err != nil {
		return fmt.Errorf("mastodon: %s does not accept the token: %w", base.Host, err)
	}
	c.say("ok", "logged in to %s as @%s (id %s)", base.Host, self.Acct, self.ID)
	if err := c.scopes(ctx); err != nil {
		return err
	}
	if err := c.profile(ctx, &self); err != nil {
		return err
	}
	users, err := c.users(ctx)
	if err != nil {
		return err
	}
	if err := c.filters(ctx, self.ID, users); err != nil {
		return err
	}
	if c.problems > 0 {
		return ErrProblems
	}
	return nil
}

// wireSelf is the bot's own account.
type wireSelf struct {
	wireAccount
	Source struct {
		Note string `json:"note"`
	} `json:"source"`
}

// say prints one finding: "ok", "note" or "PROBLEM".
func (c *checker) say(mark, format string, args ...any) {
	if mark == "PROBLEM" {
		c.problems++
	}
	fmt.Fprintf(c.Out, "%-8s"+format+"\n", append([]any{mark}, args...)...)
}

// agree asks before a change; without Fix the answer is no.
func (c *checker) agree(ctx context.Context, question string) bool {
	if !c.Fix || c.In == nil {
		return false
	}
	fmt.Fprintf(c.Out, "        %s [y/N] ", question)
	line, err := readLine(ctx, c.In)
	if err != nil {
		return false
	}
	line = strings.ToLower(line)
	return line == "y" || line == "yes"
}

// scopes compares the rights of the application with what the bot needs, and
// tries the most important one.
func (c *checker) scopes(ctx context.Context) error {
	var app struct {
		Scopes []string `json:"scopes"` // Mastodon 4.3
	}
	err := callAPI(ctx, c.client, http.MethodGet, "/api/v1/apps/verify_credentials", nil, &app)
	if err != nil && !isClientError(err) && !isRefusedScope(err) {
		return fmt.Errorf("mastodon: application: %w", err)
	}
	for _, want := range strings.Fields(scopes) {
		if len(app.Scopes) > 0 && !covers(app.Scopes, want) {
			c.say("PROBLEM", "the token lacks the right %s; make a new one with: onionbot mastodon login", want)
		}
	}
	var none []struct{}
	err = callAPI(ctx, c.client, http.MethodGet, "/api/v1/notifications", url.Values{"limit": {"1"}}, &none)
	switch {
	case isRefusedScope(err):
		c.say("PROBLEM", "the token may not read notifications; make a new one with: onionbot mastodon login")
	case err != nil:
		return fmt.Errorf("mastodon: notifications: %w", err)
	default:
		c.say("ok", "notifications can be read")
	}
	return nil
}

// covers reports whether the scopes hold want or its whole family.
func covers(have []string, want string) bool {
	family, _, _ := strings.Cut(want, ":")
	return slices.Contains(have, want) || slices.Contains(have, family)
}

// profile looks at the bot flag and the note.
func (c *checker) profile(ctx context.Context, self *wireSelf) error {
	if self.Bot {
		c.say("ok", "the profile says that this is a bot")
	} else {
		c.say("note", "the profile does not say that this is a bot")
		if c.agree(ctx, "Mark the account as a bot?") {
			if err := c.update(ctx, "/api/v1/accounts/update_credentials", url.Values{"bot": {"true"}}); err != nil {
				return err
			}
		}
	}
	if strings.TrimSpace(self.Source.Note) != "" {
		return nil
	}
	c.say("note", "the profile does not say what this account is for")
	if !c.agree(ctx, "Write this note: "+profileNote) {
		return nil
	}
	return c.update(ctx, "/api/v1/accounts/update_credentials", url.Values{"note": {profileNote}})
}

// update changes something at the server; a token without the right is a
// finding, not a failure.
func (c *checker) update(ctx context.Context, path string, form url.Values) error {
	var ignored any
	err := callAPI(ctx, c.client, http.MethodPatch, path, form, &ignored)
	return c.changed(err)
}

func (c *checker) changed(err error) error {
	switch {
	case isRefusedScope(err):
		c.say("PROBLEM", "the token may not change that; make a new one with: onionbot mastodon login --manage")
	case err != nil:
		return fmt.Errorf("mastodon: change: %w", err)
	default:
		c.say("ok", "done")
	}
	return nil
}

// users finds the accounts and prints what the configuration needs.
func (c *checker) users(ctx context.Context) ([]wireAccount, error) {
	var found []wireAccount
	for _, name := range c.Users {
		id, err := ParseIdentity(name)
		if err != nil {
			c.say("PROBLEM", "the identity %q %v", name, err)
			continue
		}
		account, err := c.find(ctx, id)
		if err != nil {
			return nil, err
		}
		if account == nil {
			c.say("PROBLEM", "%s is not known to the server", name)
			continue
		}
		c.describe(id, account)
		found = append(found, *account)
	}
	return found, nil
}

// describe tells how the configuration names an account for good.
func (c *checker) describe(id Identity, account *wireAccount) {
	entry := Identity{ID: string(account.ID), Actor: account.actor()}
	switch {
	case !account.isActor(id.Actor):
		c.say("PROBLEM", "the account %s is %s now, not %s: a stranger", id.ID, entry.Actor, id.Actor)
	case id.ID == entry.ID:
		c.say("ok", "%s is listed as %q", account.Acct, entry)
	default:
		c.say("PROBLEM", "%s has to be listed by its id: write %q", account.Acct, entry)
	}
	if account.Bot {
		c.say("PROBLEM", "%s is marked as a bot, and bots are not listened to", account.Acct)
	}
}

// find looks an account up by address, then asks other servers, then by id. A
// pinned one can only be an id.
func (c *checker) find(ctx context.Context, id Identity) (*wireAccount, error) {
	if id.Actor != "" {
		return c.byID(ctx, id.ID)
	}
	name := strings.TrimPrefix(id.ID, "@")
	var account wireAccount
	err := callAPI(ctx, c.client, http.MethodGet, "/api/v1/accounts/lookup", url.Values{"acct": {name}}, &account)
	if err == nil && account.ID != "" {
		return &account, nil
	}
	if err != nil && !isClientError(err) {
		return nil, fmt.Errorf("mastodon: look up %s: %w", name, err)
	}
	if strings.Contains(name, "@") {
		return c.resolve(ctx, name)
	}
	return c.byID(ctx, name)
}

func (c *checker) byID(ctx context.Context, id string) (*wireAccount, error) {
	var account wireAccount
	err := callAPI(ctx, c.client, http.MethodGet, "/api/v1/accounts/"+url.PathEscape(id), nil, &account)
	switch {
	case isClientError(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("mastodon: look up %s: %w", id, err)
	}
	return &account, nil
}

// resolve lets the server ask the account's own server.
func (c *checker) resolve(ctx context.Context, acct string) (*wireAccount, error) {
	var hits []wireAccount
	err := callAPI(ctx, c.client, http.MethodGet, "/api/v1/accounts/search",
		url.Values{"q": {acct}, "resolve": {"true"}, "limit": {"5"}}, &hits)
	if err != nil && !isClientError(err) {
		return nil, fmt.Errorf("mastodon: search %s: %w", acct, err)
	}
	for _, hit := range hits {
		if strings.EqualFold(hit.Acct, acct) {
			return &hit, nil
		}
	}
	return nil, nil
}
