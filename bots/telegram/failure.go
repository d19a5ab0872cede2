package telegram

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"onionbot/bots"
)

// apiError is a refusal by the Bot API.
type apiError struct {
	Code        int
	Description string
	RetryAfter  time.Duration // 0 if it named none
}

// Error is what Telegram said, without the request.
func (e *apiError) Error() string {
	return fmt.Sprintf("telegram said: %s (%d)", e.Description, e.Code)
}

// says reports whether the description contains text, in whatever case.
func (e *apiError) says(text string) bool {
	return strings.Contains(strings.ToLower(e.Description), strings.ToLower(text))
}

// foreignAnswer is an answer that the Bot API would not give.
type foreignAnswer struct{ Status int }

// Error names the status only: the content is of no use and not trusted.
func (e *foreignAnswer) Error() string {
	return fmt.Sprintf("the answer is not from the Bot API (HTTP status %d)", e.Status)
}

// clean takes off what telebot and net/http put around an error.
func clean(err error) error {
	var api *apiError
	var wrapped *url.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &api):
		return api
	case errors.As(err, &wrapped):
		return fmt.Errorf("reach telegram: %w", wrapped.Err)
	}
	return fmt.Errorf("telegram: %w", err)
}

// tokenRefused reports whether the API rejected the token itself: a known
// shape is 401, an impossible one 404 (no method of ours is unknown).
func tokenRefused(err error) bool {
	var api *apiError
	return errors.As(err, &api) &&
		(api.Code == http.StatusUnauthorized || api.Code == http.StatusNotFound)
}

// otherPoller reports whether another program fetches the bot's updates.
func otherPoller(err error) bool {
	var api *apiError
	return errors.As(err, &api) && api.Code == http.StatusConflict && !api.says("webhook")
}

// retryAfter is the pause that Telegram asked for; 0 for none.
func retryAfter(err error) time.Duration {
	var api *apiError
	if !errors.As(err, &api) {
		return 0
	}
	return api.RetryAfter
}

// refused returns the API's error if it is a 400 that says one of texts.
func refused(err error, texts ...string) bool {
	var api *apiError
	if !errors.As(err, &api) || api.Code != http.StatusBadRequest {
		return false
	}
	for _, t := range texts {
		if api.says(t) {
			return true
		}
	}
	return false
}

// sendError says what a failed call means for the message.
func sendError(err error) *bots.SendError {
	out := &bots.SendError{Cause: err}
	var api *apiError
	if !errors.As(err, &api) {
		return out
	}
	switch {
	case api.Code == http.StatusTooManyRequests:
		out.RetryAfter = max(api.RetryAfter, time.Second)
	case api.Code == http.StatusForbidden:
		out.Unwelcome, out.Permanent = true, true
	case api.Code == http.StatusBadRequest && (api.says("chat not found") || api.says("USER_IS_BLOCKED") || api.says("PEER_ID_INVALID")):
		out.Unwelcome, out.Permanent = true, true
	case api.Code == http.StatusBadRequest, api.Code == http.StatusRequestEntityTooLarge:
		out.Permanent = true
	case api.Code >= http.StatusInternalServerError:
		out.Answered = true
	}
	return out
}
