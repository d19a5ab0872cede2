package telegram

import (
	"context"
	"errors"
	"fmt"
	"io"

	tele "gopkg.in/telebot.v3"

	"onionbot/bots"
	"onionbot/services"
)

// MaxDownload is the largest file that the Bot API hands to a bot, in bytes.
const MaxDownload = 20 << 20

// ErrTooLarge is the error of an attachment above [MaxDownload].
var ErrTooLarge error = services.Wrap(services.CodeBadContent,
	errors.New("telegram hands files of up to 20 MB to bots, this one is larger"), "reason", "too-big")

// attachments of a message: a document, or the largest size of a picture.
func (a *Adapter) attachments(w *wireMessage) []bots.Attachment {
	if w.Document != nil {
		return []bots.Attachment{a.attachment(*w.Document)}
	}
	if len(w.Photo) == 0 {
		return nil
	}
	best := w.Photo[0]
	for _, p := range w.Photo[1:] {
		if p.Width*p.Height > best.Width*best.Height {
			best = p
		}
	}
	best.Name = "" // pictures have none
	return []bots.Attachment{a.attachment(best.wireFile)}
}

func (a *Adapter) attachment(f wireFile) bots.Attachment {
	size := f.Size
	if size <= 0 {
		size = -1
	}
	return bots.Attachment{
		Name: f.Name,
		Size: size,
		Open: func(ctx context.Context) (io.ReadCloser, error) {
			if size > MaxDownload {
				return nil, ErrTooLarge
			}
			return a.download(ctx, f.ID)
		},
	}
}

// download opens a file; ctx governs the reading too.
func (a *Adapter) download(ctx context.Context, id string) (io.ReadCloser, error) {
	b, err := a.bot(ctx)
	if err != nil {
		return nil, err
	}
	body, err := b.File(&tele.File{FileID: id})
	switch err = clean(err); {
	case refused(err, "file is too big"):
		return nil, ErrTooLarge
	case err != nil:
		return nil, fmt.Errorf("fetch a file: %w", err)
	}
	return &limitedBody{ReadCloser: body, left: MaxDownload}, nil
}

// limitedBody ends with [ErrTooLarge] beyond the limit, whatever the server
// announced.
type limitedBody struct {
	io.ReadCloser
	left int64
}

func (l *limitedBody) Read(p []byte) (int, error) {
	if l.left < 0 {
		return 0, ErrTooLarge
	}
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1] // one byte more tells too large from exactly full
	}
	n, err := l.ReadCloser.Read(p)
	l.left -= int64(n)
	if l.left < 0 {
		return n - 1, ErrTooLarge
	}
	return n, err
}
