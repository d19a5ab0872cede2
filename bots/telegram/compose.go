package telegram

import (
	"errors"
	"fmt"
	"log/slog"

	tele "gopkg.in/telebot.v3"
	"rsc.io/qr"

	"onionbot/bots"
)

// maxCommand is the longest callback data, in bytes.
const maxCommand = 64

// part is one message of a reply: a text, or a picture with a caption.
type part struct {
	html     string
	picture  []byte // PNG; nil for a text
	keyboard *keyboard
}

// withoutPicture is the part as a text.
func (p part) withoutPicture() part {
	p.picture = nil
	if p.html == "" {
		p.html = "Telegram does not take the picture right now."
	} else {
		p.html += "\n(Telegram does not take the picture right now.)"
	}
	return p
}

// keyboard is reply_markup as Telegram wants it. (telebot's own adds a field
// to each button that contradicts callback_data.)
type keyboard struct {
	Rows [][]key `json:"inline_keyboard"`
}

type key struct {
	Label   string `json:"text"`
	Command string `json:"callback_data"`
}

// compose makes the messages of a reply. A QR picture carries a short text as
// its caption, unless the reply is to edit a text: texts cannot become
// pictures.
func (a *Adapter) compose(r *bots.Reply, edit bool) ([]part, error) {
	var picture []byte
	if r.QR != "" {
		code, err := qr.Encode(r.QR, qr.M)
		if err != nil {
			return nil, fmt.Errorf("draw QR code: %w", err)
		}
		picture = code.PNG()
	}
	var parts []part
	for _, text := range split(r.Text, maxText) {
		parts = append(parts, part{html: render(text, r)})
	}
	switch short := len(parts) == 0 || len(parts) == 1 && units(r.Text) <= maxCaption; {
	case picture == nil && len(parts) == 0:
		return nil, errors.New("the reply is empty")
	case picture != nil && len(parts) == 0:
		parts = []part{{picture: picture}}
	case picture != nil && short && !edit:
		parts[0].picture = picture
	case picture != nil:
		parts = append(parts, part{picture: picture})
	}
	last := len(parts) - 1
	if last > 0 && parts[last].html == "" {
		last-- // the text is what later edits change
	}
	parts[last].keyboard = a.keyboard(r.Buttons)
	return parts, nil
}

// keyboard makes the buttons. One that Telegram would refuse is left out: the
// text is complete without it, and refused buttons would cost the text.
func (a *Adapter) keyboard(rows [][]bots.Button) *keyboard {
	var k keyboard
	for _, row := range rows {
		var keys []key
		for _, b := range row {
			if b.Label == "" || b.Command == "" || len(b.Command) > maxCommand {
				a.log.Warn("telegram: a button was left out",
					slog.String("label", b.Label), slog.Int("bytes", len(b.Command)))
				continue
			}
			keys = append(keys, key{Label: b.Label, Command: b.Command})
		}
		if len(keys) > 0 {
			k.Rows = append(k.Rows, keys)
		}
	}
	if len(k.Rows) == 0 {
		return nil
	}
	return &k
}

// markup is the keyboard in telebot's terms, for the calls that upload.
func (k *keyboard) markup() *tele.ReplyMarkup {
	if k == nil {
		return nil
	}
	m := &tele.ReplyMarkup{}
	for _, row := range k.Rows {
		var buttons []tele.InlineButton
		for _, b := range row {
			buttons = append(buttons, tele.InlineButton{Text: b.Label, Data: b.Command})
		}
		m.InlineKeyboard = append(m.InlineKeyboard, buttons)
	}
	return m
}
