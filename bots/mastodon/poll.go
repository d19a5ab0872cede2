package mastodon

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	mastodon "github.com/mattn/go-mastodon"

	"onionbot/bots"
	"onionbot/services"
)

const (
	pageSize = 40
	// noneYet is the cursor of an account that was never mentioned.
	noneYet = mastodon.ID("0")
	// maxWalk bounds one walk back through what waits, in pages.
	maxWalk = 500
)

// receiver is the state of one [Adapter.Receive].
type receiver struct {
	adapter *Adapter
	cursor  mastodon.ID
	keep    bots.KeepFunc
	began   time.Time // when Receive was called

	lastMessage time.Time
	// minID is true once the server was seen to page upwards with min_id,
	// walk is true once it was seen not to.
	minID, walk bool
}

// notification is what the receiver needs of a notification; raw keeps the rest.
type notification struct {
	id  mastodon.ID
	at  time.Time // by the server's clock; zero if it does not say
	raw json.RawMessage
}

// event is what is stored: the notification as it came, who we were, and how
// far our clock was ahead of the server's.
type event struct {
	Self         mastodon.ID     `json:"self"`
	ClockAhead   time.Duration   `json:"clock_ahead,omitempty"`
	Notification json.RawMessage `json:"notification"`
}

// poll fetches everything after the cursor, page after page.
func (r *receiver) poll(ctx context.Context) error {
	if r.cursor == "" {
		if err := r.advance(ctx, nil, sinceCursor(r.began)); err != nil {
			return err
		}
	}
	self, err := r.adapter.whoAmI(ctx)
	if err != nil {
		return err
	}
	if since, ok := sinceOf(r.cursor); ok {
		if err := r.findStart(ctx, since); err != nil {
			return err
		}
	}
	for !r.walk && r.cursor != noneYet {
		page, err := r.page(ctx, &mastodon.Pagination{MinID: r.cursor, Limit: pageSize})
		if err != nil {
			return err
		}
		fresh := newer(page, r.cursor)
		if err := r.judgeMinID(ctx, page, fresh); err != nil {
			return err
		}
		if r.walk {
			break
		}
		if len(fresh) == 0 {
			return nil
		}
		if err := r.store(ctx, self, fresh); err != nil {
			return err
		}
	}
	return r.walkBack(ctx, self)
}

// judgeMinID finds out, once and only when it matters, whether the server
// pages upwards: one that ignores min_id or takes it for since_id returns the
// newest page, and the older ones in between would be lost.
func (r *receiver) judgeMinID(ctx context.Context, page, fresh []notification) error {
	if r.minID {
		return nil
	}
	if len(fresh) < len(page) {
		r.walk = true
		return nil
	}
	if len(page) < 2 {
		return nil
	}
	between, err := r.page(ctx, &mastodon.Pagination{MaxID: fresh[0].id, SinceID: r.cursor, Limit: 1})
	if err != nil {
		return err
	}
	missed := slices.ContainsFunc(newer(between, r.cursor), func(n notification) bool { return n.id.Compare(fresh[0].id) < 0 })
	r.walk, r.minID = missed, !missed
	return nil
}

// walkBack collects from the newest down to the cursor and keeps the result
// from the oldest up: for servers without min_id.
func (r *receiver) walkBack(ctx context.Context, self mastodon.ID) error {
	var all []notification
	var below mastodon.ID
	for pages := 0; ; pages++ {
		if pages == maxWalk {
			r.adapter.log.Warn("mastodon: too many mentions wait; the oldest are skipped", "pages", pages)
			break
		}
		page, err := r.page(ctx, &mastodon.Pagination{MaxID: below, Limit: pageSize})
		if err != nil {
			return err
		}
		fresh := newer(page, r.cursor)
		if below != "" {
			fresh = slices.DeleteFunc(fresh, func(n notification) bool { return n.id.Compare(below) >= 0 })
		}
		if len(fresh) == 0 {
			break
		}
		all = append(fresh, all...)
		below = fresh[0].id
		if len(fresh) < len(page) {
			break
		}
	}
	for chunk := range slices.Chunk(all, pageSize) {
		if err := r.store(ctx, self, chunk); err != nil {
			return err
		}
	}
	return nil
}

// page fetches one page, oldest first. An entry that the library cannot read
// does not hide the others: the raw elements count.
func (r *receiver) page(ctx context.Context, pg *mastodon.Pagination) ([]notification, error) {
	ctx, cancel := r.adapter.call(ctx)
	defer cancel()
	var raw bytes.Buffer
	client := *r.adapter.client
	client.JSONWriter = &raw
	var bad error
	for _, err := range client.Notifications(ctx, &mastodon.NotificationFilter{Includes: []string{"mention"}}, pg) {
		bad = err
		break // one page; the rest of the iterator would walk on
	}
	var elements []json.RawMessage
	if err := json.Unmarshal(raw.Bytes(), &elements); err != nil {
		if bad == nil {
			bad = errNotAPI
		}
		return nil, fmt.Errorf("notifications: %w", bad)
	}
	found := make([]notification, 0, len(elements))
	for _, e := range elements {
		var head struct {
			ID        mastodon.ID `json:"id"`
			CreatedAt string      `json:"created_at"`
		}
		if err := json.Unmarshal(e, &head); err != nil || head.ID == "" {
			return nil, fmt.Errorf("notifications: %w", errors.Join(errNotAPI, err))
		}
		at, err := time.Parse(time.RFC3339Nano, head.CreatedAt)
		if err != nil {
			at = time.Time{}
		}
		found = append(found, notification{id: head.ID, at: at, raw: e})
	}
	slices.SortStableFunc(found, func(x, y notification) int { return x.id.Compare(y.id) })
	return found, nil
}

// newer are the notifications after the cursor, each once.
func newer(page []notification, cursor mastodon.ID) []notification {
	var fresh []notification
	for _, n := range page {
		if n.id.Compare(cursor) <= 0 && cursor != noneYet {
			continue
		}
		if len(fresh) > 0 && fresh[len(fresh)-1].id == n.id {
			continue
		}
		fresh = append(fresh, n)
	}
	return fresh
}

// store keeps the mentions among fresh and moves the cursor past all of them.
func (r *receiver) store(ctx context.Context, self mastodon.ID, fresh []notification) error {
	events := make([]services.Incoming, 0, len(fresh))
	now := r.adapter.clock.Now()
	for _, n := range fresh {
		in, ok, err := r.incoming(self, n, now)
		if err != nil {
			return err
		}
		if ok {
			events = append(events, in)
		}
	}
	if len(events) > 0 {
		r.lastMessage = time.Now()
	}
	return r.advance(ctx, events, fresh[len(fresh)-1].id)
}

func (r *receiver) advance(ctx context.Context, events []services.Incoming, cursor mastodon.ID) error {
	if err := r.keep(ctx, events, string(cursor)); err != nil {
		return &keepError{cause: err}
	}
	r.cursor = cursor
	return nil
}

// incoming makes the row of a mention. Its id is that of the post, so that a
// second notification about one post (after an edit, or from a server that
// repeats itself) is a duplicate.
func (r *receiver) incoming(self mastodon.ID, n notification, now time.Time) (services.Incoming, bool, error) {
	var head struct {
		Type   string `json:"type"`
		Status *struct {
			ID        mastodon.ID `json:"id"`
			CreatedAt string      `json:"created_at"`
		} `json:"status"`
	}
	if err := json.Unmarshal(n.raw, &head); err != nil || head.Type != "mention" || head.Status == nil || head.Status.ID == "" {
		return services.Incoming{}, false, nil
	}
	sent := now
	if at, err := time.Parse(time.RFC3339Nano, head.Status.CreatedAt); err == nil {
		sent = r.adapter.server.Here(at)
	}
	if sent.After(now) { // the author's server dates it, and may be wrong itself
		sent = now
	}
	raw, err := json.Marshal(event{Self: self, Notification: n.raw, ClockAhead: r.adapter.server.Ahead().Truncate(time.Minute)})
	if err != nil {
		return services.Incoming{}, false, fmt.Errorf("notification: %w", err)
	}
	return services.Incoming{
		Network: Network, ID: string(head.Status.ID), Raw: raw, SentAt: sent, ReceivedAt: now,
	}, true, nil
}
