package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	tele "gopkg.in/telebot.v3"
)

// textRequest is sendMessage and, with MessageID, editMessageText. Previews
// are off in the new way and the old one, for older servers: a preview would
// have Telegram's machines fetch the onion.
type textRequest struct {
	Chat      int64     `json:"chat_id"`
	MessageID int       `json:"message_id,omitempty"`
	Text      string    `json:"text"`
	ParseMode string    `json:"parse_mode"`
	Keyboard  *keyboard `json:"reply_markup,omitempty"`

	Preview   previewOptions `json:"link_preview_options"`
	NoPreview bool           `json:"disable_web_page_preview"`
}

type previewOptions struct {
	Disabled bool `json:"is_disabled"`
}

func newTextRequest(chat int64, p part) textRequest {
	return textRequest{
		Chat: chat, Text: p.html, ParseMode: tele.ModeHTML, Keyboard: p.keyboard,
		Preview: previewOptions{Disabled: true}, NoPreview: true,
	}
}

func (a *Adapter) sendText(ctx context.Context, chat int64, p part) (id int, err error) {
	err = a.call(ctx, func(b *tele.Bot) error {
		answer, err := b.Raw("sendMessage", newTextRequest(chat, p))
		if err != nil {
			return err
		}
		var sent struct {
			Result struct {
				ID int `json:"message_id"`
			} `json:"result"`
		}
		if err := json.Unmarshal(answer, &sent); err != nil {
			return fmt.Errorf("read the sent message: %w", err)
		}
		id = sent.Result.ID
		return nil
	})
	return id, err
}

func (a *Adapter) editText(ctx context.Context, chat int64, p part, id int) error {
	req := newTextRequest(chat, p)
	req.MessageID = id
	return a.call(ctx, func(b *tele.Bot) error {
		_, err := b.Raw("editMessageText", req)
		return err
	})
}

// sendPicture sends a photo, which is what people expect to scan, or a file
// where Telegram does not take the photo.
func (a *Adapter) sendPicture(ctx context.Context, chat int64, p part) (int, error) {
	id, err := a.upload(ctx, chat, p, &tele.Photo{File: tele.FromReader(bytes.NewReader(p.picture)), Caption: p.html})
	if !refused(err, "photo", "image") {
		return id, err
	}
	return a.upload(ctx, chat, p, &tele.Document{
		File: tele.FromReader(bytes.NewReader(p.picture)), FileName: "qr.png", Caption: p.html,
	})
}

func (a *Adapter) upload(ctx context.Context, chat int64, p part, what tele.Sendable) (int, error) {
	return a.uploadWithin(ctx, a.callTimeout, chat, p, what)
}

func (a *Adapter) uploadWithin(ctx context.Context, patience time.Duration, chat int64, p part, what tele.Sendable) (id int, err error) {
	err = a.callWithin(ctx, patience, func(b *tele.Bot) (err error) {
		// telebot follows pointers in the answer that a server may leave out.
		defer func() {
			if recover() != nil {
				err = errors.New("the answer to an upload cannot be read")
			}
		}()
		sent, err := b.Send(tele.ChatID(chat), what,
			&tele.SendOptions{ParseMode: tele.ModeHTML, ReplyMarkup: p.keyboard.markup()})
		if err != nil {
			return err
		}
		id = sent.ID
		return nil
	})
	return id, err
}
