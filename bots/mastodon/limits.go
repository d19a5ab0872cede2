package mastodon

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// rateLimits remember what the server's headers said last.
type rateLimits struct {
	mu        sync.Mutex
	known     bool
	limit     int
	remaining int
	reset     time.Time
}

// read takes what X-RateLimit-* say.
func (l *rateLimits) read(h http.Header, now time.Time) {
	remaining, err := strconv.Atoi(h.Get("X-RateLimit-Remaining"))
	if err != nil {
		return
	}
	reset, ok := parseReset(h.Get("X-RateLimit-Reset"), now)
	if !ok {
		return
	}
	limit, _ := strconv.Atoi(h.Get("X-RateLimit-Limit"))
	// Uploads and deletions have budgets of their own, much smaller ones:
	// they must not slow down the polling.
	if limit > 0 && limit < 100 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.known, l.limit, l.remaining, l.reset = true, limit, remaining, reset
}

// pause is how long to wait before the next poll so that a third of the
// budget stays for replies; never less than want.
func (l *rateLimits) pause(want time.Duration, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	left := l.reset.Sub(now)
	if !l.known || left <= 0 {
		return want
	}
	budget := l.remaining - l.limit/3
	if budget <= 0 {
		return max(want, min(left, 5*time.Minute))
	}
	return max(want, left/time.Duration(budget))
}

// resetTime is when a 429 ends; the server's word, within reason.
func resetTime(h http.Header, now time.Time) time.Time {
	at, ok := parseReset(h.Get("X-RateLimit-Reset"), now)
	if s, err := strconv.Atoi(h.Get("Retry-After")); err == nil && s >= 0 && s < 1<<20 {
		at, ok = now.Add(time.Duration(s)*time.Second), true
	}
	if !ok {
		at = now.Add(30 * time.Second)
	}
	if at.Before(now.Add(100 * time.Millisecond)) {
		at = now.Add(time.Second)
	}
	if latest := now.Add(15 * time.Minute); at.After(latest) {
		at = latest
	}
	return at
}

// parseReset understands both forms in use: ISO 8601, and unix seconds.
func parseReset(s string, now time.Time) (time.Time, bool) {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t, true
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return time.Time{}, false
	}
	if n < 1<<24 { // seconds from now
		return now.Add(time.Duration(n) * time.Second), true
	}
	return time.Unix(n, 0), true
}
