package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"onionbot/bots"
)

// placeholder stands for the token in everything that telebot sees.
const placeholder = "0:token"

// maxAnswer bounds what is read of one answer of the Bot API, in bytes. A
// hundred updates of the longest texts are far below it.
const maxAnswer = 16 << 20

// transport puts the real token into requests and keeps it out of everything
// that comes back.
type transport struct {
	base  *http.Transport
	clock bots.ServerClock
	now   func() time.Time
	token *bots.Token
}

// sign puts the token where telebot has its placeholder.
func (t *transport) sign(path string) string {
	return strings.Replace(path, "/bot"+placeholder+"/", "/bot"+t.token.Reveal()+"/", 1)
}

func newTransport(token *bots.Token, dial func(context.Context, string, string) (net.Conn, error)) *transport {
	if dial == nil {
		dial = (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	}
	return &transport{
		base: &http.Transport{
			DialContext:         dial,
			TLSHandshakeTimeout: 30 * time.Second,
			IdleConnTimeout:     90 * time.Second,
			MaxIdleConnsPerHost: 8,
		},
		token: token,
	}
}

// boundTransport is a transport whose requests end with ctx, for telebot's
// calls that take none.
type boundTransport struct {
	ctx context.Context
	*transport
}

// RoundTrip sends the request with the real token. Every answer that is not
// a success of the Bot API becomes an error: [*apiError] if the API said so,
// [*foreignAnswer] if something else spoke (a proxy, a portal, a redirect).
func (t boundTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(req.Context())
	unbind := context.AfterFunc(t.ctx, cancel)
	release := func() { unbind(); cancel() }

	signed := req.Clone(ctx)
	signed.URL.Path, signed.URL.RawPath = t.sign(req.URL.Path), ""
	resp, err := t.base.RoundTrip(signed)
	if err != nil {
		release()
		return nil, t.failure(err)
	}
	resp.Request = req // without the token
	if resp.StatusCode == http.StatusOK && strings.Contains(req.URL.Path, "/file/bot"+placeholder+"/") {
		resp.Body = &boundBody{ReadCloser: resp.Body, release: release, failure: t.failure}
		return resp, nil
	}
	defer release()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	_ = resp.Body.Close() // everything of use was read
	if err != nil {
		return nil, t.failure(err)
	}
	if err := t.judge(resp.StatusCode, body); err != nil {
		return nil, err
	}
	t.clock.Heard(resp.Header, t.now()) // not before it is known who speaks
	resp.Body = io.NopCloser(bytes.NewReader(body))
	resp.ContentLength = int64(len(body))
	return resp, nil
}

// judge tells a success of the Bot API from everything else.
func (t *transport) judge(status int, body []byte) error {
	var answer struct {
		OK          *bool           `json:"ok"`
		Result      json.RawMessage `json:"result"`
		Code        int             `json:"error_code"`
		Description string          `json:"description"`
		Parameters  struct {
			RetryAfter int64 `json:"retry_after"`
		} `json:"parameters"`
	}
	if len(body) > maxAnswer || json.Unmarshal(body, &answer) != nil || answer.OK == nil {
		return &foreignAnswer{Status: status}
	}
	if *answer.OK {
		if status != http.StatusOK || len(answer.Result) == 0 {
			return &foreignAnswer{Status: status}
		}
		return nil
	}
	if answer.Code == 0 {
		answer.Code = status
	}
	return &apiError{
		Code:        answer.Code,
		Description: t.token.Redact(shorten(answer.Description, 300)),
		RetryAfter:  time.Duration(min(max(answer.Parameters.RetryAfter, 0), 24*3600)) * time.Second,
	}
}

// failure flattens an error of the connection to a text without the token.
// Only the end of a context keeps its identity.
func (t boundTransport) failure(err error) error {
	switch {
	case t.ctx.Err() != nil:
		return t.ctx.Err()
	case errors.Is(err, context.Canceled):
		return context.Canceled
	}
	return errors.New(t.token.Redact(err.Error()))
}

// boundBody is the body of a download, which ends with the context.
type boundBody struct {
	io.ReadCloser
	release func()
	failure func(error) error
}

func (b *boundBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = b.failure(err)
	}
	return n, err
}

func (b *boundBody) Close() error {
	defer b.release()
	if err := b.ReadCloser.Close(); err != nil {
		return fmt.Errorf("close download: %w", b.failure(err))
	}
	return nil
}

func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
