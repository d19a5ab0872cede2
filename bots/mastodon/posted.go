package mastodon

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	mastodon "github.com/mattn/go-mastodon"
)

// postedWithin is how far back our own posts are compared.
const postedWithin = 2 * time.Hour

// alreadyPosted looks for an earlier attempt of p among our own posts. Some
// servers ignore idempotency keys and Mastodon forgets them after an hour, so
// it is asked wherever an attempt may have arrived.
func (a *Adapter) alreadyPosted(ctx context.Context, p post, to recipient) (mastodon.ID, error) {
	self, err := a.whoAmI(ctx)
	if err != nil {
		return "", err
	}
	ctx, cancel := a.call(ctx)
	defer cancel()
	var own []wireStatus
	path := "/api/v1/accounts/" + url.PathEscape(string(self)) + "/statuses"
	if err := a.get(ctx, path, url.Values{"limit": {strconv.Itoa(pageSize)}}, &own); err != nil {
		return "", fmt.Errorf("own posts: %w", err)
	}
	want := fingerprint(p.text)
	now := a.server.There(a.clock.Now())
	for _, s := range own {
		if now.Sub(s.sentAt(time.Time{})) > postedWithin || a.sentAs(s.ID, p.key) || !addressed(&s, to) {
			continue
		}
		if s.InReplyToID != "" && s.InReplyToID != p.replyTo {
			continue
		}
		if fingerprint("@"+to.acct+" "+plainText(s.Content, s.Mentions)) == want {
			return s.ID, nil
		}
	}
	return "", nil
}

// addressed reports whether s is a direct post to the recipient.
func addressed(s *wireStatus, to recipient) bool {
	if s.Visibility != mastodon.VisibilityDirectMessage {
		return false
	}
	for _, m := range s.Mentions {
		if m.ID == to.id {
			return true
		}
	}
	return false
}

// fingerprint is text without what servers change on the way through HTML.
func fingerprint(text string) string {
	text = strings.ReplaceAll(text, wordJoiner, "")
	return strings.Join(strings.Fields(text), " ")
}

// sentAs reports whether the post is known to belong to another message.
func (a *Adapter) sentAs(id mastodon.ID, key string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	known, ok := a.sent[id]
	return ok && known != key
}

// remember notes which message a post belongs to, so that an equal text sent
// later is not mistaken for it.
func (a *Adapter) remember(id mastodon.ID, key string) {
	const most = 1000
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.sent[id]; ok {
		return
	}
	a.sent[id] = key
	a.sentOrder = append(a.sentOrder, id)
	if len(a.sentOrder) > most {
		delete(a.sent, a.sentOrder[0])
		a.sentOrder = a.sentOrder[1:]
	}
}
