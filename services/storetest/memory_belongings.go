package storetest

import (
	"slices"

	"onionbot/services"
)

func (tx *memoryTx) Keys() ([]services.Key, error) {
	if err := tx.read("Keys"); err != nil {
		return nil, err
	}
	return slices.Clone(nonEmpty(tx.s.userKeys)), nil
}

func (tx *memoryTx) AddKey(k *services.Key) error {
	if err := tx.write("AddKey"); err != nil {
		return err
	}
	tx.s.lastKey++
	k.ID = tx.s.lastKey
	c := *k
	c.At = stored(c.At)
	tx.s.userKeys = append(tx.s.userKeys, c)
	return nil
}

func (tx *memoryTx) RemoveKey(id int64) error {
	if err := tx.write("RemoveKey"); err != nil {
		return err
	}
	tx.s.userKeys = slices.DeleteFunc(tx.s.userKeys, func(k services.Key) bool { return k.ID == id })
	return nil
}

func (tx *memoryTx) Shares(instance string) (out []string, err error) {
	if err := tx.read("Shares"); err != nil {
		return nil, err
	}
	for _, sh := range tx.s.shares {
		if sh.instance == instance {
			out = append(out, sh.user)
		}
	}
	slices.Sort(out)
	return out, nil
}

func (tx *memoryTx) SharedWith(user string) (out []string, err error) {
	if err := tx.read("SharedWith"); err != nil {
		return nil, err
	}
	for _, sh := range tx.s.shares {
		if sh.user == user {
			out = append(out, sh.instance)
		}
	}
	slices.Sort(out)
	return out, nil
}

func (tx *memoryTx) AddShare(instance, user string) error {
	if err := tx.write("AddShare"); err != nil {
		return err
	}
	if sh := (share{instance, user}); !slices.Contains(tx.s.shares, sh) {
		tx.s.shares = append(tx.s.shares, sh)
	}
	return nil
}

func (tx *memoryTx) RemoveShare(instance, user string) error {
	if err := tx.write("RemoveShare"); err != nil {
		return err
	}
	tx.s.shares = slices.DeleteFunc(tx.s.shares, func(sh share) bool { return sh == share{instance, user} })
	return nil
}
