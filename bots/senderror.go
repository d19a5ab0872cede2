package bots

import (
	"fmt"
	"time"
)

// SendError says what a failed delivery means.
type SendError struct {
	RetryAfter time.Duration // when the network named a time; else 0 for our own back-off
	Permanent  bool          // this message will never be accepted
	Unwelcome  bool          // the person blocked us or is gone: no more notices to them
	Answered   bool          // the network was reached and broke over this message: others may get through
	Cause      error         // without secrets
}

// Error is for the log.
func (e *SendError) Error() string {
	return fmt.Sprintf("send (permanent %t, unwelcome %t): %v", e.Permanent, e.Unwelcome, e.Cause)
}

// Unwrap returns the cause.
func (e *SendError) Unwrap() error { return e.Cause }
