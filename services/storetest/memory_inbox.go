package storetest

import (
	"cmp"
	"maps"
	"slices"

	"onionbot/services"
)

func (tx *memoryTx) AddIncoming(in services.Incoming) (bool, error) {
	if err := tx.write("AddIncoming"); err != nil {
		return false, err
	}
	id := messageID{in.Network, in.ID}
	_, known := tx.s.incoming[id]
	_, handled := tx.s.handled[id]
	if known || handled {
		return false, nil
	}
	tx.s.lastSeq++
	tx.s.incoming[id] = received{seq: tx.s.lastSeq, Incoming: copyIncoming(in)}
	return true, nil
}

func (tx *memoryTx) Incomings(network string, limit int) ([]services.Incoming, error) {
	if err := tx.read("Incomings"); err != nil {
		return nil, err
	}
	var found []received
	for id, in := range tx.s.incoming {
		if id.network == network {
			found = append(found, in)
		}
	}
	slices.SortFunc(found, func(a, b received) int { return cmp.Compare(a.seq, b.seq) })
	var out []services.Incoming
	for _, in := range found[:min(max(limit, 0), len(found))] {
		out = append(out, copyIncoming(in.Incoming))
	}
	return out, nil
}

func (tx *memoryTx) MarkHandled(network, id string) (bool, error) {
	if err := tx.write("MarkHandled"); err != nil {
		return false, err
	}
	key := messageID{network, id}
	if _, done := tx.s.handled[key]; done {
		return false, nil
	}
	delete(tx.s.incoming, key)
	tx.s.handled[key] = tx.m.clock().UnixMilli()
	return true, nil
}

func (tx *memoryTx) Handled(network, id string) (bool, error) {
	if err := tx.read("Handled"); err != nil {
		return false, err
	}
	_, done := tx.s.handled[messageID{network, id}]
	return done, nil
}

func (tx *memoryTx) DropIncoming(network, id string) (bool, error) {
	if err := tx.write("DropIncoming"); err != nil {
		return false, err
	}
	key := messageID{network, id}
	_, there := tx.s.incoming[key]
	delete(tx.s.incoming, key)
	return there, nil
}

func (tx *memoryTx) KeepNetworks(names ...string) error {
	if err := tx.write("KeepNetworks"); err != nil {
		return err
	}
	other := func(network string) bool { return !slices.Contains(names, network) }
	maps.DeleteFunc(tx.s.incoming, func(id messageID, _ received) bool { return other(id.network) })
	tx.giveUp(func(n *services.Notice) bool { return other(n.To.Network) })
	return nil
}

func (tx *memoryTx) Cursor(network string) (string, error) {
	if err := tx.read("Cursor"); err != nil {
		return "", err
	}
	return tx.s.cursors[network], nil
}

func (tx *memoryTx) SetCursor(network, cursor string) error {
	if err := tx.write("SetCursor"); err != nil {
		return err
	}
	tx.s.cursors[network] = cursor
	return nil
}

func (tx *memoryTx) Setting(name string) (string, error) {
	if err := tx.read("Setting"); err != nil {
		return "", err
	}
	return tx.s.settings[name], nil
}

func (tx *memoryTx) SetSetting(name, value string) error {
	if err := tx.write("SetSetting"); err != nil {
		return err
	}
	tx.s.settings[name] = value
	return nil
}
