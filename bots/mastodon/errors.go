package mastodon

import (
	"errors"
	"net/http"
	"strings"
	"time"

	mastodon "github.com/mattn/go-mastodon"

	"onionbot/bots"
)

// sendError says what a failure means for the message. Everything that is not
// certain is retried.
func sendError(err error) error {
	if err == nil {
		return nil
	}
	var known *bots.SendError
	if errors.As(err, &known) {
		return known
	}
	failure := &bots.SendError{Cause: err}
	var throttled *throttledError
	if errors.As(err, &throttled) {
		failure.RetryAfter = max(time.Until(throttled.until), time.Second)
		return failure
	}
	switch statusOf(err) {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		failure.Permanent = true
	case http.StatusForbidden:
		// Also the answer to a token with too few rights, and to a bot whose
		// account was frozen: those must not silence anybody for ever.
		failure.Unwelcome = isBlock(err)
	default:
		failure.Answered = statusOf(err) >= http.StatusInternalServerError
	}
	return failure
}

func isBlock(err error) bool {
	var api *mastodon.APIError
	return errors.As(err, &api) && strings.Contains(strings.ToLower(api.Message), "block")
}

// statusOf is the HTTP status that the API answered with; 0 for other failures.
func statusOf(err error) int {
	var api *mastodon.APIError
	if errors.As(err, &api) {
		return api.StatusCode
	}
	return 0
}

func isGone(err error) bool {
	s := statusOf(err)
	return s == http.StatusNotFound || s == http.StatusGone
}

// cannotEdit reports whether the server has no edits, or not of this post.
func cannotEdit(err error) bool {
	switch statusOf(err) {
	case http.StatusMethodNotAllowed, http.StatusUnprocessableEntity, http.StatusNotImplemented:
		return true
	}
	return noSuchRoute(err)
}

// noSuchRoute is a router's plain 404 or 405: the server lacks the call.
func noSuchRoute(err error) bool {
	var proxy *proxyError
	return errors.As(err, &proxy) && (proxy.status == http.StatusNotFound || proxy.status == http.StatusMethodNotAllowed)
}

// isClientError is a refusal of the API that a repetition does not change.
func isClientError(err error) bool {
	s := statusOf(err)
	return noSuchRoute(err) || s >= 400 && s < 500 && s != http.StatusUnauthorized && s != http.StatusForbidden
}
