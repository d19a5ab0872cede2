package telegram

import (
	"container/list"
	"sync"
)

// rememberedKeys is how many deliveries are remembered for retries.
const rememberedKeys = 4096

// delivery is how far a reply has come: the ids of the messages that Telegram
// took, in order.
type delivery struct {
	ids  []int
	done bool
}

// sentKeys remembers the latest deliveries by their keys, so that a retry
// goes on where the attempt before it broke off. It lives in memory only.
type sentKeys struct {
	mu    sync.Mutex
	max   int
	order *list.List // of *sentKey, latest first
	byKey map[string]*list.Element
}

type sentKey struct {
	key string
	delivery
}

func newSentKeys(limit int) *sentKeys {
	return &sentKeys{max: limit, order: list.New(), byKey: make(map[string]*list.Element)}
}

func (s *sentKeys) get(key string) delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.byKey[key]
	if e == nil {
		return delivery{}
	}
	s.order.MoveToFront(e)
	return e.Value.(*sentKey).delivery
}

func (s *sentKeys) put(key string, d delivery) {
	if key == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.byKey[key]; e != nil {
		e.Value.(*sentKey).delivery = d
		s.order.MoveToFront(e)
		return
	}
	s.byKey[key] = s.order.PushFront(&sentKey{key: key, delivery: d})
	if s.order.Len() > s.max {
		last := s.order.Back()
		s.order.Remove(last)
		delete(s.byKey, last.Value.(*sentKey).key)
	}
}
