package telegram

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// batchSize is the most updates that one poll brings.
const batchSize = 100

// position is how far receiving has come.
type position struct {
	offset   int64     // the first update wanted; asking for it acknowledges all before
	caughtUp time.Time // when nothing more was waiting; zero if unknown
	repeated bool      // the last batch did not move the offset
}

// parseCursor reads "offset" or "offset:unix seconds".
func parseCursor(cursor string) (position, error) {
	if cursor == "" {
		return position{}, nil
	}
	number, at, hasTime := strings.Cut(cursor, ":")
	offset, err := strconv.ParseInt(number, 10, 64)
	if err != nil || offset < 0 {
		return position{}, fmt.Errorf("telegram: stored position %q cannot be read", cursor)
	}
	p := position{offset: offset}
	if seconds, err := strconv.ParseInt(at, 10, 64); hasTime && err == nil {
		p.caughtUp = time.Unix(seconds, 0)
	}
	return p, nil
}

func (p position) cursor() string {
	s := strconv.FormatInt(p.offset, 10)
	if !p.caughtUp.IsZero() {
		s += ":" + strconv.FormatInt(p.caughtUp.Unix(), 10)
	}
	return s
}

// behind is the position after a batch. It follows the batch even backwards:
// Telegram begins with new, random ids after a quiet week, and an offset that
// is too low acknowledges nothing that was not kept.
func (p position) behind(batch []update, now time.Time) position {
	next := position{offset: batch[len(batch)-1].ID + 1, caughtUp: now}
	if len(batch) >= batchSize {
		next.caughtUp = p.caughtUp // more may be waiting
	}
	next.repeated = next.offset == p.offset
	return next
}
