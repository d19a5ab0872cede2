package main

import (
	"context"

	"onionbot/bots/conversation"
	"onionbot/bots/page"
	"onionbot/services"
	"onionbot/services/content"
)

// stager receives what comes along with a command.
type stager struct{ store *content.Store }

var _ conversation.Content = stager{}

// Stage receives an upload.
func (s stager) Stage(ctx context.Context, u conversation.Upload) (string, error) {
	d := content.Delivery{Words: u.Words, Page: pageOf}
	for _, a := range u.Attachments {
		d.Files = append(d.Files, content.File{Name: a.Name, Description: a.Description, Read: a.Open})
	}
	if u.AddTo != nil {
		d.AddTo = content.Revision{Instance: u.AddTo.ID, Number: u.AddTo.Content}
	}
	return s.store.Stage(ctx, content.DefaultLimits(), d)
}

// pageOf makes the page of words and files where no page came along.
func pageOf(words string, items []content.Item) ([]byte, error) {
	var files []page.File
	for _, i := range items {
		files = append(files, page.File{Name: i.Name, Description: i.Description, Bytes: i.Bytes, Picture: i.Picture})
	}
	return page.Render(words, files)
}

// Discard erases what was staged and is not wanted.
func (s stager) Discard(dir string) { s.store.Discard(dir) }

// Shown tells what an instance shows of what its owner sent.
func (s stager) Shown(i *services.Instance) *services.Shown { return s.store.Shown(i.ID, i.Content) }
