package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"onionbot/services"
)

// What an app may tell at once. Its word is worth no more than its visitors'.
const (
	newsBytes    = 256 << 10
	newsDrops    = 1000
	newsFiles    = 1000        // of one drop
	carriedFiles = 10          // of an instance that wait to be carried to its owner
	carriedBytes = 100_000_000 // of one telling

	// Pauses between two tellings: what comes in between is told as one.
	newsPause     = 30 * time.Second
	newsLongPause = 10 * time.Minute
)

// news is what an app has to tell; see services/app/drop.
type news struct {
	Boot  string        `json:"boot"` // drops are numbered anew with another one
	Drops []newsOfADrop `json:"drops"`
}

type newsOfADrop struct {
	Number int     `json:"number"`
	Note   bool    `json:"note"`
	Sizes  []int64 `json:"sizes"` // of its files and of its note, in bytes
}

// applyNews asks the instance's apps what is new, and tells the owner.
func (r *Reconciler) applyNews(ctx context.Context, j *job) error {
	def, ok := r.o.Catalog.Find(j.inst.Service)
	if !ok {
		return nil
	}
	parts := def.Singles()
	err := r.bounded(ctx, func(ctx context.Context) error {
		return forEach(j.inst, func(n int, id string) error {
			if n >= len(parts) || parts[n].Inward == 0 {
				return nil
			}
			return r.fetchNews(ctx, j.inst, id)
		})
	})
	if err != nil {
		return err
	}
	now := r.o.Clock.Now()
	j.remember(func(m *Memo) {
		m.News = j.step.News
		switch quiet := now.Sub(m.NewsAt); {
		case m.NewsAt.IsZero() || quiet > 2*newsLongPause:
			m.NewsPause = newsPause
		default:
			m.NewsPause = min(2*m.NewsPause, newsLongPause)
		}
		m.NewsAt = now
		m.wait(StepNews, now.Add(m.NewsPause))
	})
	return nil
}

// fetchNews asks one app, tells the owner, and tells the app that it did. After
// a crash in between the same is told with the same keys.
func (r *Reconciler) fetchNews(ctx context.Context, inst *services.Instance, container string) error {
	body, err := r.o.Runtime.Ask(ctx, container, http.MethodGet, "/news", newsBytes)
	if services.IsCode(err, services.CodeNotFound) {
		return nil // it has nothing of the kind
	}
	if err != nil {
		return err
	}
	var n news
	err = errors.Join(json.NewDecoder(body).Decode(&n), body.Close())
	if err != nil {
		return fmt.Errorf("the news of an app: %w", err)
	}
	if err := n.check(); err != nil || len(n.Drops) == 0 {
		return err
	}
	if err := r.tellNews(ctx, inst.ID, container, &n); err != nil {
		return err
	}
	body, err = r.o.Runtime.Ask(ctx, container, http.MethodPost, "/told/"+strconv.Itoa(n.last()), 0)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, body)
	return errors.Join(err, body.Close())
}

func (n *news) last() int { return n.Drops[len(n.Drops)-1].Number }

// check refuses what no honest app says.
func (n *news) check() error {
	bad := len(n.Boot) > 64 || len(n.Drops) > newsDrops
	before := 0
	for _, d := range n.Drops {
		bad = bad || d.Number <= before || len(d.Sizes) > newsFiles
		before = d.Number
		for _, size := range d.Sizes {
			bad = bad || size < 0 || size > 1<<40
		}
	}
	if bad {
		return errors.New("the news of an app: impossible numbers")
	}
	return nil
}

// tellNews stores one notice of all that is new and, for networks that carry
// files, one for each of them, up to what an owner can take.
func (r *Reconciler) tellNews(ctx context.Context, id, container string, n *news) error {
	return r.change(ctx, id, func(tx services.Tx, i *services.Instance, now time.Time) error {
		if !i.Live() {
			return nil
		}
		files, left, err := carry(tx, i, container, n)
		if err != nil {
			return err
		}
		args := n.sums()
		if left {
			args["more"] = "true"
		}
		all := append([]*services.Notice{{
			Key: fmt.Sprintf("dropped/%s/%s/%d", container, n.Boot, n.last()), Kind: services.KindDropped, Args: args, Alert: true,
		}}, files...)
		for _, notice := range all {
			notice.DueAt = now
			if err := r.say(tx, i, notice); err != nil {
				return err
			}
		}
		return nil
	})
}

// carry makes the notices of files, and reports whether some are left out.
func carry(tx services.Tx, i *services.Instance, container string, n *news) (out []*services.Notice, left bool, err error) {
	pending, err := tx.PendingNotices(i.ID)
	if err != nil {
		return nil, false, err
	}
	room, bytes := carriedFiles, int64(0)
	for _, p := range pending {
		if p.Carried() {
			room--
		}
	}
	for _, d := range n.Drops {
		for k, size := range d.Sizes {
			if size == 0 || room <= 0 || bytes+size > carriedBytes {
				left = true
				continue
			}
			room, bytes = room-1, bytes+size
			out = append(out, &services.Notice{
				Key: fmt.Sprintf("dropped-file/%s/%s/%d/%d", container, n.Boot, d.Number, k+1), Kind: services.KindDroppedFile,
				Args: map[string]string{
					"container": container, "path": fmt.Sprintf("/files/%d/%d", d.Number, k+1), "size": strconv.FormatInt(size, 10),
				},
			})
		}
	}
	return out, left, nil
}

// sums are the arguments of a notice: how much there is of what.
func (n *news) sums() map[string]string {
	files, notes, bytes := 0, 0, int64(0)
	for _, d := range n.Drops {
		files += len(d.Sizes)
		for _, size := range d.Sizes {
			bytes += size
		}
		if d.Note && len(d.Sizes) > 0 {
			notes, files = notes+1, files-1
		}
	}
	return map[string]string{
		"drops": strconv.Itoa(len(n.Drops)), "files": strconv.Itoa(files), "notes": strconv.Itoa(notes), "bytes": strconv.FormatInt(bytes, 10),
	}
}
