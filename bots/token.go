package bots

import (
	"context"
	"strings"
	"sync"
	"time"

	"onionbot/services"
)

// Token is an access token that somebody may replace while the bot runs. It
// lives in closures only, so that printing the struct in any way does not
// show it.
type Token struct {
	read func() (services.Secret, error)

	mu     sync.Mutex
	reveal func() string
	redact func(text string) string
}

// tokenLook is how often the place of the token is looked at while the network
// refuses the one that is known.
const tokenLook = 5 * time.Second

// NewToken makes a token; read, which may be nil, reads it again from where
// it came.
func NewToken(now services.Secret, read func() (services.Secret, error)) *Token {
	t := &Token{read: read, redact: func(text string) string { return text }}
	t.set(now)
	return t
}

func (t *Token) set(token services.Secret) {
	before := t.redact
	secret := token.Reveal()
	parts := []string{secret, "<token>"}
	if _, half, ok := strings.Cut(secret, ":"); ok && half != "" { // what is secret in a token that begins with a public number
		parts = append(parts, half, "<token>")
	}
	t.reveal = func() string { return secret }
	t.redact = func(text string) string {
		if secret != "" {
			text = strings.NewReplacer(parts...).Replace(text)
		}
		return before(text)
	}
}

// Reveal is the token as it is now.
func (t *Token) Reveal() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.reveal()
}

// Redact takes every token that there was out of text.
func (t *Token) Redact(text string) string {
	t.mu.Lock()
	redact := t.redact
	t.mu.Unlock()
	return redact(text)
}

// renew reads the token again and reports whether it is another one that fits.
func (t *Token) renew(fits func(string) bool) bool {
	if t.read == nil {
		return false
	}
	token, err := t.read()
	if err != nil || token == "" || !fits(token.Reveal()) {
		return false // half written, or not there yet
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if token.Reveal() == t.reveal() {
		return false
	}
	t.set(token)
	return true
}

// AwaitNew waits until there is another token that fits, for d at most, and
// reports whether there is. A token that was refused is tried no more often
// than d; a new one at once.
func (t *Token) AwaitNew(ctx context.Context, d time.Duration, fits func(string) bool) bool {
	for deadline := time.Now().Add(d); ; {
		if t.renew(fits) {
			return true
		}
		left := time.Until(deadline)
		if left <= 0 {
			return false
		}
		timer := time.NewTimer(min(left, tokenLook))
		select {
		case <-ctx.Done():
			timer.Stop()
			return false
		case <-timer.C:
		}
	}
}
