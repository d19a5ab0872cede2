package telegram

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"time"

	tele "gopkg.in/telebot.v3"
)

// pollMargin is what a poll may last beyond its own timeout: tor is slow.
const pollMargin = 30 * time.Second

type pollRequest struct {
	Offset  int64    `json:"offset,omitempty"`
	Limit   int      `json:"limit"`
	Timeout int      `json:"timeout"`
	Allowed []string `json:"allowed_updates"`
}

// getUpdates makes one poll, which stays open for wait if there is nothing.
func (a *Adapter) getUpdates(ctx context.Context, offset int64, wait time.Duration) ([]json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, wait+pollMargin)
	defer cancel()
	b, err := a.bot(ctx)
	if err != nil {
		return nil, err
	}
	answer, err := b.Raw("getUpdates", pollRequest{
		Offset:  offset,
		Limit:   batchSize,
		Timeout: int(max(wait, time.Second) / time.Second),
		Allowed: []string{"message", "edited_message", "callback_query"},
	})
	if err != nil {
		return nil, clean(err)
	}
	var list struct {
		Result []json.RawMessage `json:"result"`
	}
	if err := json.Unmarshal(answer, &list); err != nil {
		return nil, fmt.Errorf("telegram: read updates: %w", err)
	}
	return list.Result, nil
}

// update is what receiving must know of an update; the rest is read later,
// from the stored event.
type update struct {
	ID      int64 `json:"update_id"`
	Message *struct {
		Date int64 `json:"date"`
	} `json:"message"`
	Edited *struct {
		Date int64 `json:"edit_date"`
	} `json:"edited_message"`
	Press *struct {
		ID      string `json:"id"`
		Message *struct {
			Date int64 `json:"date"`
		} `json:"message"`
	} `json:"callback_query"`

	raw json.RawMessage
}

// readBatch orders updates by their ids. What cannot be read at all is kept
// too if it has an id: [Adapter.Decode] will say what is wrong with it.
func (a *Adapter) readBatch(raw []json.RawMessage) []update {
	batch := make([]update, 0, len(raw))
	for _, r := range raw {
		u := update{raw: r}
		if json.Unmarshal(r, &u) != nil {
			var only struct {
				ID int64 `json:"update_id"`
			}
			_ = json.Unmarshal(r, &only) // no id: dropped below
			u = update{ID: only.ID, raw: r}
		}
		if u.ID == 0 {
			a.log.Warn("telegram: an update without an id was dropped", slog.Int("bytes", len(r)))
			continue
		}
		batch = append(batch, u)
	}
	slices.SortStableFunc(batch, func(x, y update) int { return cmp.Compare(x.ID, y.ID) })
	return slices.CompactFunc(batch, func(x, y update) bool { return x.ID == y.ID })
}

func (u *update) id() string { return strconv.FormatInt(u.ID, 10) }

// pressGap is how long nothing may have been fetched for a press of a button
// to count as fresh.
const pressGap = 2 * time.Minute

// sentAt is when the person wrote. Telegram does not say when a button was
// pressed: after a time without polls the earliest moment possible is
// assumed, so that a press from hours ago is taken for what it may be.
func (u *update) sentAt(caughtUp, now time.Time) time.Time {
	switch {
	case u.Message != nil && u.Message.Date > 0:
		return time.Unix(u.Message.Date, 0)
	case u.Edited != nil && u.Edited.Date > 0:
		return time.Unix(u.Edited.Date, 0)
	case u.Press == nil || now.Sub(caughtUp) < pressGap:
		return now
	}
	if m := u.Press.Message; m != nil && time.Unix(m.Date, 0).After(caughtUp) {
		return time.Unix(m.Date, 0)
	}
	if caughtUp.IsZero() {
		return time.Unix(0, 0)
	}
	return caughtUp
}

// queueAnswer has a press answered if there is room; the button's spinning
// also ends by itself.
func (u *update) queueAnswer(answers chan<- string) {
	if u.Press == nil || u.Press.ID == "" {
		return
	}
	select {
	case answers <- u.Press.ID:
	default:
	}
}

// answerPresses stops the spinning of pressed buttons, as well as it can.
func (a *Adapter) answerPresses(ctx context.Context, answers <-chan string) {
	for {
		select {
		case <-ctx.Done():
			return
		case id := <-answers:
			err := a.call(ctx, func(b *tele.Bot) error { return b.Respond(&tele.Callback{ID: id}) })
			if err != nil && ctx.Err() == nil {
				a.log.DebugContext(ctx, "telegram: a press was not answered", slog.Any("err", err))
			}
		}
	}
}
