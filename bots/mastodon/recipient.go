package mastodon

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"time"

	mastodon "github.com/mattn/go-mastodon"

	"onionbot/bots"
	"onionbot/services"
)

// recipientFor is how long what we know of a recipient is good.
const recipientFor = 5 * time.Minute

var (
	errReaders = errors.New("the server gave the reply other readers than its recipient")
	errGone    = errors.New("the account is gone or suspended")
	errBlocked = errors.New("the person blocked the bot")
	errActor   = errors.New("the account's id belongs to another actor than the pinned one")
	errAcct    = errors.New("the account's address cannot be mentioned safely")
)

// safeAcct is "name" or "name@host": nothing that could hold a second mention.
var safeAcct = regexp.MustCompile(`^[A-Za-z0-9_]+([.-]+[A-Za-z0-9_]+)*(@[\p{L}\p{M}\p{N}]+([.-]+[\p{L}\p{M}\p{N}]+)*(:[0-9]{1,5})?)?$`)

// recipient is the person behind an account id, as of now.
type recipient struct {
	id   mastodon.ID
	acct string
	asOf time.Time
}

// recipient asks the server who the account is: an address that was given to
// somebody else since the command came must not get the reply.
func (a *Adapter) recipient(ctx context.Context, to services.Route) (recipient, error) {
	a.mu.Lock()
	known, ok := a.recipients[to.Account]
	a.mu.Unlock()
	if ok && time.Since(known.asOf) < recipientFor {
		return known, nil
	}
	ctx, cancel := a.call(ctx)
	defer cancel()
	var account struct {
		wireAccount
		Suspended bool `json:"suspended"`
	}
	err := a.get(ctx, "/api/v1/accounts/"+url.PathEscape(to.Account), nil, &account)
	switch {
	case isGone(err):
		return recipient{}, &bots.SendError{Unwelcome: true, Cause: errGone}
	case err != nil:
		return recipient{}, fmt.Errorf("recipient: %w", err)
	case account.Suspended:
		return recipient{}, &bots.SendError{Unwelcome: true, Cause: errGone}
	case string(account.ID) != to.Account:
		return recipient{}, fmt.Errorf("recipient: %w", errNotAPI)
	case !account.isActor(a.actor(to.Account)):
		return recipient{}, &bots.SendError{Permanent: true, Cause: errActor}
	case !safeAcct.MatchString(account.Acct):
		return recipient{}, &bots.SendError{Permanent: true, Cause: errAcct}
	}
	if err := a.checkBlock(ctx, to.Account); err != nil {
		return recipient{}, err
	}
	known = recipient{id: account.ID, acct: account.Acct, asOf: time.Now()}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.recipients) > 1000 {
		clear(a.recipients)
	}
	a.recipients[to.Account] = known
	return known, nil
}

// checkBlock finds a block, which otherwise swallows posts without an error.
// A token without the right to ask is no reason to stay silent.
func (a *Adapter) checkBlock(ctx context.Context, account string) error {
	var relations []struct {
		BlockedBy bool `json:"blocked_by"`
	}
	err := a.get(ctx, "/api/v1/accounts/relationships", url.Values{"id[]": {account}}, &relations)
	var api *mastodon.APIError
	switch {
	case errors.As(err, &api) && api.StatusCode >= 400 && api.StatusCode < 500:
		return nil
	case err != nil:
		return fmt.Errorf("relation: %w", err)
	case len(relations) == 1 && relations[0].BlockedBy:
		return &bots.SendError{Unwelcome: true, Cause: errBlocked}
	}
	return nil
}

// get calls what the library does not know, or reads too strictly.
func (a *Adapter) get(ctx context.Context, path string, query url.Values, into any) error {
	return callAPI(ctx, a.client, http.MethodGet, path, query, into)
}
