package storetest

import (
	"cmp"
	"slices"
	"time"

	"onionbot/services"
)

// chat is where order matters.
type chat struct {
	network, account, chat string
	files                  bool
}

func chatOf(n *services.Notice) chat {
	return chat{n.To.Network, n.To.Account, n.To.Chat, n.Carried()}
}

func byAge(a, b *services.Notice) int {
	return cmp.Or(a.DueAt.Compare(b.DueAt), cmp.Compare(a.ID, b.ID))
}

func (tx *memoryTx) DueByChat(now time.Time, perChat, perNetwork int) ([]*services.Notice, error) {
	if err := tx.read("DueByChat"); err != nil {
		return nil, err
	}
	at := stored(now)
	due := tx.pending(func(n *services.Notice) bool { return !n.DueAt.After(at) && !n.NextAt.After(at) })
	slices.SortFunc(due, byAge)
	ofChat, places := make(map[chat]int), make(map[int64]int)
	for _, n := range due {
		ofChat[chatOf(n)]++
		places[n.ID] = ofChat[chatOf(n)]
	}
	slices.SortStableFunc(due, func(a, b *services.Notice) int { return cmp.Compare(places[a.ID], places[b.ID]) })
	var out []*services.Notice
	ofNetwork := make(map[string]int)
	for _, n := range due {
		if places[n.ID] > perChat || ofNetwork[n.To.Network] >= perNetwork {
			continue
		}
		ofNetwork[n.To.Network]++
		out = append(out, n)
	}
	slices.SortFunc(out, byAge)
	return out, nil
}

func (tx *memoryTx) CountDue(now time.Time) (map[string]int, error) {
	if err := tx.read("CountDue"); err != nil {
		return nil, err
	}
	out := make(map[string]int)
	for _, n := range tx.pending(func(n *services.Notice) bool { return !n.DueAt.After(stored(now)) }) {
		out[n.To.Network]++
	}
	return out, nil
}

func (tx *memoryTx) PostponeChat(to services.Route, until time.Time) error {
	if err := tx.write("PostponeChat"); err != nil {
		return err
	}
	for _, n := range tx.pending(func(n *services.Notice) bool {
		return n.To.Network == to.Network && n.To.Account == to.Account && n.To.Chat == to.Chat && n.NextAt.Before(stored(until))
	}) {
		n.NextAt = stored(until)
		tx.s.notices[n.ID] = n
	}
	return nil
}

func (tx *memoryTx) GiveUpNotices(network, account string) error {
	if err := tx.write("GiveUpNotices"); err != nil {
		return err
	}
	tx.giveUp(func(n *services.Notice) bool { return n.To.Network == network && n.To.Account == account })
	return nil
}

func (tx *memoryTx) giveUp(which func(*services.Notice) bool) {
	for _, n := range tx.pending(which) {
		n.State = services.NoticeGivenUp
		tx.s.notices[n.ID] = finish(n)
	}
}
