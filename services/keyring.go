package services

import "sync"

// Keyring holds the onion keys that must never touch the disk.
type Keyring struct {
	mu   sync.Mutex
	keys map[string]Secret
}

// NewKeyring makes an empty keyring.
func NewKeyring() *Keyring { return &Keyring{keys: make(map[string]Secret)} }

// Put keeps a key in memory.
func (k *Keyring) Put(address string, key Secret) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys[address] = key
}

// Get returns the key of an address, "" if it is not known.
func (k *Keyring) Get(address string) Secret {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.keys[address]
}

// Drop forgets a key.
func (k *Keyring) Drop(address string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.keys, address)
}
