package main

import (
	"bytes"
	"context"
	"io"

	"onionbot/bots"
	"onionbot/bots/conversation"
	"onionbot/bots/page"
	"onionbot/services/content"
)

// stager receives what comes along with a start command.
type stager struct{ store *content.Store }

var _ conversation.Content = stager{}

// Stage receives attachments; what was typed below the command becomes the
// page, unless a page came along.
func (s stager) Stage(ctx context.Context, attachments []bots.Attachment, body string) (string, error) {
	var files []content.File
	for _, a := range attachments {
		files = append(files, content.File{Name: a.Name, Read: a.Open})
	}
	if body != "" {
		written, err := page.Render(body)
		if err != nil {
			return "", err
		}
		files = append(files, content.File{Name: "index.html", Read: func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(written)), nil
		}})
	}
	return s.store.Stage(ctx, content.DefaultLimits(), files)
}

// Discard erases what was staged and is not wanted.
func (s stager) Discard(dir string) { s.store.Discard(dir) }
