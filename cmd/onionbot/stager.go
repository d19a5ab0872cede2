package main

import (
	"context"
	"errors"
	"io"
	"strings"

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
	d := content.Delivery{Words: words(u), Lang: u.Lang, Missing: u.Missing, Pages: pages{}, Verbatim: u.Verbatim, KeepMetadata: u.KeepMetadata}
	for _, a := range u.Attachments {
		d.Files = append(d.Files, content.File{Name: a.Name, Description: a.Description, Read: a.Open})
	}
	if !u.Verbatim && page.Whole(u.Words) && len(d.Files) == 0 && len(u.Spans) == 0 { // pasted HTML is a page like one that is sent
		d.Words, d.Files = "", []content.File{{Name: "index.html", Read: func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(u.Words)), nil
		}}}
	}
	if u.AddTo != nil {
		d.AddTo = content.Revision{Instance: u.AddTo.ID, Number: u.AddTo.Content}
	}
	return s.store.Stage(ctx, content.DefaultLimits(), d)
}

// words are what was typed, with the formatting that the network told.
func words(u conversation.Upload) string {
	if len(u.Spans) == 0 || u.Verbatim {
		return u.Words
	}
	spans := make([]page.Span, len(u.Spans))
	for i, s := range u.Spans {
		spans[i] = page.Span{Start: s.Start, End: s.End, Style: page.Style(s.Style), Arg: s.Arg}
	}
	return page.Rich(u.Words, spans)
}

// pages makes the pages where none came along.
type pages struct{}

var _ content.Pages = pages{}

// Page implements [content.Pages].
func (pages) Page(p content.Page) ([]byte, error) {
	c := page.Content{Title: p.Title, Words: p.Words, Lang: p.Lang, Text: p.Text, Markdown: p.Markdown}
	for _, i := range p.Files {
		c.Files = append(c.Files, page.File{Name: i.Name, Target: i.Link, Description: i.Description, Bytes: i.Bytes, Kind: page.Kind(i.Kind)})
	}
	made, err := page.Render(c)
	if errors.Is(err, page.ErrNothing) {
		return nil, content.ErrNothingToShow
	}
	return made, err
}

// Empty makes a directory of no content at all.
func (s stager) Empty() (string, error) { return s.store.Empty() }

// Discard erases what was staged and is not wanted.
func (s stager) Discard(dir string) { s.store.Discard(dir) }

// Shown tells what an instance shows of what its owner sent.
func (s stager) Shown(i *services.Instance) *services.Shown { return s.store.Shown(i.ID, i.Content) }
