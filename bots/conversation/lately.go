package conversation

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"onionbot/bots"
	"onionbot/services"
)

// Words and files come in messages of their own: share sheets send the comment
// first, people send the file first. So two things are remembered of each
// sender, durably and not for long: the last start, and files that came
// without a word. Of a file only the event is kept that tells where the
// network has it.

const (
	// fillWindow is how long after a start files without words belong to it.
	fillWindow = 90 * time.Second
	// keptFor is how long files that came without words can still be used.
	keptFor = 10 * time.Minute
	// mostKept bounds the events that are kept of one sender.
	mostKept = 20
	// latelySetting holds it all; only users are in it, so it stays small.
	latelySetting = "lately"
)

// lately is what is remembered, by sender.
type lately struct {
	Started map[string]startedLately `json:"started,omitempty"`
	Kept    map[string][]keptEvent   `json:"kept,omitempty"`
	Used    map[string][]usedEvent   `json:"used,omitempty"`
	Asked   map[string]asked         `json:"asked,omitempty"`
}

// usedEvent was kept and is shown now: buttons are pressed twice.
type usedEvent struct {
	ID string `json:"id"`
	At int64  `json:"at"` // when it was sent, unix milliseconds
}

type startedLately struct {
	Instance string `json:"instance"`
	Group    string `json:"group,omitempty"` // the album that it was started with
	At       int64  `json:"at"`              // when the message was sent, unix milliseconds
}

// keptEvent is a received message whose files nobody has used yet.
type keptEvent struct {
	ID    string          `json:"id"`
	Group string          `json:"group,omitempty"`
	Raw   json.RawMessage `json:"raw"`
	At    int64           `json:"at"` // when it was sent, unix milliseconds
}

func senderOf(m *bots.Message) string { return m.Network + "/" + m.From.Account }

func readLately(tx services.Tx) (*lately, error) {
	text, err := tx.Setting(latelySetting)
	if err != nil {
		return nil, err
	}
	l := &lately{}
	if text != "" && json.Unmarshal([]byte(text), l) != nil {
		*l = lately{} // of an older version: it was not worth much
	}
	if l.Started == nil {
		l.Started = make(map[string]startedLately)
	}
	if l.Kept == nil {
		l.Kept = make(map[string][]keptEvent)
	}
	if l.Used == nil {
		l.Used = make(map[string][]usedEvent)
	}
	if l.Asked == nil {
		l.Asked = make(map[string]asked)
	}
	return l, nil
}

// forget drops what is too old to be used, and reports whether there was any.
func (l *lately) forget(now time.Time) (dropped bool) {
	old := now.Add(-keptFor).UnixMilli()
	for sender, s := range l.Started {
		if s.At < old {
			delete(l.Started, sender)
			dropped = true
		}
	}
	for sender, kept := range l.Kept {
		left := slices.DeleteFunc(slices.Clone(kept), func(k keptEvent) bool { return k.At < old })
		dropped = dropped || len(left) < len(kept)
		if l.Kept[sender] = left; len(left) == 0 {
			delete(l.Kept, sender)
		}
	}
	for sender, used := range l.Used {
		left := slices.DeleteFunc(slices.Clone(used), func(u usedEvent) bool { return u.At < old })
		dropped = dropped || len(left) < len(used)
		if l.Used[sender] = left; len(left) == 0 {
			delete(l.Used, sender)
		}
	}
	for sender, q := range l.Asked {
		if q.At < old {
			delete(l.Asked, sender)
			dropped = true
		}
	}
	return dropped
}

func (l *lately) write(tx services.Tx) error {
	if len(l.Started) == 0 && len(l.Kept) == 0 && len(l.Used) == 0 && len(l.Asked) == 0 {
		return tx.SetSetting(latelySetting, "")
	}
	text, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("remember: %w", err)
	}
	return tx.SetSetting(latelySetting, string(text))
}

// remember changes what is remembered, in a command's transaction.
func (r *Router) remember(tx services.Tx, change func(l *lately)) error {
	l, err := readLately(tx)
	if err != nil {
		return err
	}
	l.forget(r.o.Clock.Now())
	change(l)
	return l.write(tx)
}

// keep remembers the files of a message that came without words.
func (l *lately) keep(m *bots.Message) {
	sender := senderOf(m)
	for _, p := range m.Parts {
		if json.Valid(p.Raw) {
			l.Kept[sender] = append(l.Kept[sender], keptEvent{ID: p.ID, Group: m.Group, Raw: p.Raw, At: m.SentAt.UnixMilli()})
		}
	}
	l.Kept[sender] = l.Kept[sender][max(len(l.Kept[sender])-mostKept, 0):]
}

// use forgets files that are used now, but for their names.
func (l *lately) use(sender string, used []keptEvent) {
	for _, k := range used {
		l.Used[sender] = append(l.Used[sender], usedEvent{ID: k.ID, At: k.At})
	}
	l.Used[sender] = l.Used[sender][max(len(l.Used[sender])-mostKept, 0):]
	if len(l.Used[sender]) == 0 {
		delete(l.Used, sender)
	}
	l.Kept[sender] = slices.DeleteFunc(l.Kept[sender], func(k keptEvent) bool {
		return slices.ContainsFunc(used, func(u keptEvent) bool { return u.ID == k.ID })
	})
	if len(l.Kept[sender]) == 0 {
		delete(l.Kept, sender)
	}
}

// wasUsed reports whether what "with" names has been used already.
func (l *lately) wasUsed(m *bots.Message, with string) bool {
	return slices.ContainsFunc(l.Used[senderOf(m)], func(u usedEvent) bool { return strings.EqualFold("#"+u.ID, with) })
}

// lately is what is remembered by now.
func (r *Router) lately(ctx context.Context) (l *lately, err error) {
	err = r.o.Store.View(ctx, func(tx services.Tx) error {
		l, err = readLately(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	l.forget(r.o.Clock.Now())
	return l, nil
}

// has reports whether parts of an album of the sender's are kept.
func (l *lately) has(m *bots.Message, group string) bool {
	return group != "" && slices.ContainsFunc(l.Kept[senderOf(m)], func(k keptEvent) bool { return k.Group == group })
}

// fallow are the kept events that a message means: those that it names with
// "with", or answers, with the rest of their album; without either, all.
func (l *lately) fallow(m *bots.Message, with string) []keptEvent {
	kept := l.Kept[senderOf(m)]
	if with == "" && l.has(m, m.QuotedGroup) {
		return slices.DeleteFunc(slices.Clone(kept), func(k keptEvent) bool { return k.Group != m.QuotedGroup })
	}
	named := strings.TrimPrefix(with, "#")
	if named == "" {
		named = m.Answers
	}
	at := slices.IndexFunc(kept, func(k keptEvent) bool { return named != "" && strings.EqualFold(k.ID, named) })
	switch {
	case at < 0 && with != "":
		return nil
	case at < 0:
		return kept
	case kept[at].Group == "":
		return kept[at : at+1]
	}
	return slices.DeleteFunc(slices.Clone(kept), func(k keptEvent) bool { return k.Group != kept[at].Group })
}

// forgetOld erases what was remembered and is too old; it runs once a minute.
func (r *Router) forgetOld(ctx context.Context) error {
	var old bool
	err := r.o.Store.View(ctx, func(tx services.Tx) error {
		l, err := readLately(tx)
		if err == nil {
			old = l.forget(r.o.Clock.Now())
		}
		return err
	})
	if err != nil || !old {
		return err
	}
	return r.o.Store.Update(ctx, func(tx services.Tx) error { return r.remember(tx, func(*lately) {}) })
}
