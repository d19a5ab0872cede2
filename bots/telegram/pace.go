package telegram

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// chatBurst is how many messages may follow each other at once in one chat;
// Telegram allows short bursts.
const chatBurst = 3

// maxPaces bounds the memory for chats that have gone quiet.
const maxPaces = 1024

// pace keeps to Telegram's limits: for each chat and for all together.
type pace struct {
	chatRate rate.Limit
	all      *rate.Limiter

	mu    sync.Mutex
	chats map[int64]*chatPace
}

type chatPace struct {
	limiter *rate.Limiter
	until   time.Time // Telegram wants silence in this chat before
}

func newPace(chat, total rate.Limit) *pace {
	return &pace{
		chatRate: chat,
		all:      rate.NewLimiter(total, max(1, int(total))),
		chats:    make(map[int64]*chatPace),
	}
}

// wait blocks until a message to chat is in order.
func (p *pace) wait(ctx context.Context, chat int64) error {
	p.mu.Lock()
	limiter := p.of(chat).limiter
	p.mu.Unlock()
	if err := limiter.Wait(ctx); err != nil {
		return err
	}
	return p.all.Wait(ctx)
}

// silence notes that Telegram refused a message to chat for d.
func (p *pace) silence(chat int64, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.of(chat).until = time.Now().Add(d)
}

// silent is how long nothing may be sent to chat yet; 0 if it may.
func (p *pace) silent(chat int64) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(0, time.Until(p.of(chat).until))
}

func (p *pace) of(chat int64) *chatPace {
	c := p.chats[chat]
	if c == nil {
		p.sweep()
		c = &chatPace{limiter: rate.NewLimiter(p.chatRate, chatBurst)}
		p.chats[chat] = c
	}
	return c
}

// sweep forgets the chats that would start afresh anyway.
func (p *pace) sweep() {
	if len(p.chats) < maxPaces {
		return
	}
	now := time.Now()
	for chat, c := range p.chats {
		if now.After(c.until) && c.limiter.TokensAt(now) >= chatBurst {
			delete(p.chats, chat)
		}
	}
}
