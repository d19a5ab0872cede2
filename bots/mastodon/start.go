package mastodon

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	mastodon "github.com/mattn/go-mastodon"
)

// An account's first cursor is a time: what was written before the bot was
// first started is history and is never executed, what was written after it
// counts, even if the server is reached only hours later. It is stored before
// the server is asked, so a bot that dies in between does not forget it.

// sinceMark begins a cursor that is a time; no server's ids begin so.
const sinceMark = "since:"

// startSlack is how much earlier a first start counts: the server's clock is
// known to the second, and some servers date to the second.
const startSlack = 2 * time.Second

func sinceCursor(t time.Time) mastodon.ID {
	return mastodon.ID(sinceMark + strconv.FormatInt(t.UnixMilli(), 10))
}

func sinceOf(cursor mastodon.ID) (time.Time, bool) {
	text, ok := strings.CutPrefix(string(cursor), sinceMark)
	if !ok {
		return time.Time{}, false
	}
	ms, err := strconv.ParseInt(text, 10, 64)
	return time.UnixMilli(ms), err == nil
}

// findStart puts the cursor on the newest notification that is older than
// since, a time of our own clock.
func (r *receiver) findStart(ctx context.Context, since time.Time) error {
	var below mastodon.ID
	for range maxWalk {
		page, err := r.page(ctx, &mastodon.Pagination{MaxID: below, Limit: pageSize})
		if err != nil {
			return err
		}
		first := r.adapter.server.There(since).Add(-startSlack)
		before := below
		for _, n := range slices.Backward(page) {
			switch {
			case below != "" && n.id.Compare(below) >= 0: // a server that ignores max_id
			case n.at.Before(first):
				return r.advance(ctx, nil, n.id)
			default:
				below = n.id
			}
		}
		if below == before {
			return r.advance(ctx, nil, noneYet)
		}
	}
	r.adapter.log.Warn("mastodon: too many mentions wait; the oldest are skipped", "pages", maxWalk)
	return r.advance(ctx, nil, below)
}
