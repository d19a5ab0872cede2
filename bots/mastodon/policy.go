package mastodon

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	mastodon "github.com/mattn/go-mastodon"
)

// accept is the value of a policy that lets notifications through; the others
// are "filter" and "drop".
const accept = "accept"

// policy is Mastodon's notification policy, version 2 (since 4.3): what
// happens to notifications from whom.
type policy struct {
	NotFollowing    string `json:"for_not_following"`
	NotFollowers    string `json:"for_not_followers"`
	NewAccounts     string `json:"for_new_accounts"`
	PrivateMentions string `json:"for_private_mentions"`
	LimitedAccounts string `json:"for_limited_accounts"`
}

// blocking are the fields that can hold back a private mention: from people
// the bot does not follow, and even from those it follows.
func (p policy) blocking() (strangers, everybody []string) {
	for _, f := range []struct{ name, value string }{
		{"for_private_mentions", p.PrivateMentions},
		{"for_not_following", p.NotFollowing},
		{"for_limited_accounts", p.LimitedAccounts},
	} {
		if f.value != "" && f.value != accept {
			strangers = append(strangers, f.name)
		}
	}
	for _, f := range []struct{ name, value string }{
		{"for_not_followers", p.NotFollowers},
		{"for_new_accounts", p.NewAccounts},
	} {
		if f.value != "" && f.value != accept {
			everybody = append(everybody, f.name)
		}
	}
	return strangers, everybody
}

// filters checks whether private mentions from the users arrive: either the
// policy lets all through, or the bot follows the person.
func (c *checker) filters(ctx context.Context, self mastodon.ID, users []wireAccount) error {
	var p policy
	err := callAPI(ctx, c.client, http.MethodGet, "/api/v2/notifications/policy", nil, &p)
	switch {
	case isClientError(err):
		c.say("ok", "the server does not filter notifications")
		return nil
	case isRefusedScope(err):
		c.say("PROBLEM", "the token may not read the notification policy; make a new one with: onionbot mastodon login")
		return nil
	case err != nil:
		return fmt.Errorf("mastodon: notification policy: %w", err)
	}
	strangers, everybody := p.blocking()
	if len(everybody) > 0 {
		if err := c.fixPolicy(ctx, everybody); err != nil {
			return err
		}
	}
	if len(strangers) == 0 {
		c.say("ok", "private mentions from people the bot does not follow are let through")
		return nil
	}
	return c.follows(ctx, self, users, strangers)
}

// fixPolicy reports fields that hold mentions back, and offers to open them.
func (c *checker) fixPolicy(ctx context.Context, fields []string) error {
	if c.agree(ctx, fmt.Sprintf("The notification policy holds mentions back (%v). Let them through?", fields)) {
		form := url.Values{}
		for _, f := range fields {
			form.Set(f, accept)
		}
		return c.update(ctx, "/api/v2/notifications/policy", form)
	}
	c.say("PROBLEM", "the notification policy holds mentions back (%v)", fields)
	return nil
}

// follows checks that the bot follows each user, and offers to, or else to
// open the policy.
func (c *checker) follows(ctx context.Context, self mastodon.ID, users []wireAccount, fields []string) error {
	missing := 0
	for _, u := range users {
		following, err := c.following(ctx, self, u.ID)
		if err != nil {
			return err
		}
		switch {
		case following:
			c.say("ok", "%s is followed, so private mentions arrive", u.Acct)
		case c.agree(ctx, "Private mentions from "+u.Acct+" are filtered. Follow them?"):
			var ignored any
			err := callAPI(ctx, c.client, http.MethodPost, "/api/v1/accounts/"+url.PathEscape(string(u.ID))+"/follow", nil, &ignored)
			if err := c.changed(err); err != nil {
				return err
			}
		default:
			missing++
		}
	}
	if missing == 0 && len(users) > 0 {
		return nil
	}
	return c.fixPolicy(ctx, fields)
}

// following asks for the relation, or reads the list where the token has not
// the right to ask.
func (c *checker) following(ctx context.Context, self, other mastodon.ID) (bool, error) {
	var relations []struct {
		Following bool `json:"following"`
	}
	err := callAPI(ctx, c.client, http.MethodGet, "/api/v1/accounts/relationships", url.Values{"id[]": {string(other)}}, &relations)
	if err == nil {
		return len(relations) == 1 && relations[0].Following, nil
	}
	if !isRefusedScope(err) {
		return false, fmt.Errorf("mastodon: relation: %w", err)
	}
	pg := &mastodon.Pagination{Limit: pageSize}
	for range 50 {
		page, err := c.client.GetAccountFollowing(ctx, self, pg)
		if err != nil {
			return false, fmt.Errorf("mastodon: followed accounts: %w", err)
		}
		for _, a := range page {
			if a.ID == other {
				return true, nil
			}
		}
		if pg.MaxID == "" { // the server's Link header names the next page
			return false, nil
		}
	}
	return false, errors.New("mastodon: the bot follows too many accounts to look through")
}
