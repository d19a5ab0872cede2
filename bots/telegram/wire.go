package telegram

import (
	"encoding/json"

	"onionbot/bots"
)

// The parts of an update that matter here. Own types instead of telebot's:
// one field elsewhere in the message that Telegram changes one day must not
// make a plain command unreadable.

type wireUpdate struct {
	ID      int64        `json:"update_id"`
	Message *wireMessage `json:"message"`
	Edited  *wireMessage `json:"edited_message"`
	Press   *wirePress   `json:"callback_query"`
}

type wireUser struct {
	ID        int64  `json:"id"`
	IsBot     bool   `json:"is_bot"`
	FirstName string `json:"first_name"`
	Username  string `json:"username"`
}

type wireChat struct {
	ID   int64  `json:"id"`
	Type string `json:"type"`
}

type wireMessage struct {
	From *wireUser `json:"from"`
	Chat wireChat  `json:"chat"`
	Date int64     `json:"date"`

	// Album is common to the messages that were sent as one.
	Album string `json:"media_group_id"`
	// Answered is the message that this one answers; it has none of its own.
	Answered lenient[wireMessage] `json:"reply_to_message"`

	// Not the sender's own words when present.
	ForwardOrigin present `json:"forward_origin"`
	ForwardDate   int64   `json:"forward_date"` // servers before Bot API 7
	ViaBot        present `json:"via_bot"`
	SenderChat    present `json:"sender_chat"`
	EditDate      int64   `json:"edit_date"`

	Text    string `json:"text"`
	Caption string `json:"caption"`
	// One of these, as there is one text.
	Entities        lenient[[]wireEntity] `json:"entities"`
	CaptionEntities lenient[[]wireEntity] `json:"caption_entities"`

	Document *wireFile   `json:"document"`
	Photo    []wirePhoto `json:"photo"`

	unreadable
}

// unreadable are the kinds of message that are neither text nor a file for
// us. Everything that is not listed is a service message.
type unreadable struct {
	Animation present `json:"animation"`
	Audio     present `json:"audio"`
	Voice     present `json:"voice"`
	Video     present `json:"video"`
	VideoNote present `json:"video_note"`
	Sticker   present `json:"sticker"`
	Location  present `json:"location"` // a venue has one too
	Contact   present `json:"contact"`
	Poll      present `json:"poll"`
	Dice      present `json:"dice"`
	Game      present `json:"game"`
	Story     present `json:"story"`
	PaidMedia present `json:"paid_media"`
	Checklist present `json:"checklist"`
}

// name is the kind as it reads after "a"; "" if none is there.
func (u *unreadable) name() string {
	for _, kind := range []struct {
		is   present
		name string
	}{
		{u.Animation, bots.Moving}, // comes with a document too
		{u.Audio, bots.Sound},
		{u.Voice, bots.Voice},
		{u.Video, bots.Video},
		{u.VideoNote, bots.Video},
		{u.Sticker, bots.Sticker},
		{u.Location, "location"},
		{u.Contact, "contact"},
		{u.Poll, "poll"},
		{u.Dice, "die"},
		{u.Game, "game"},
		{u.Story, "story"},
		{u.PaidMedia, bots.Video},
		{u.Checklist, "checklist"},
	} {
		if kind.is {
			return kind.name
		}
	}
	return ""
}

type wirePress struct {
	From    wireUser `json:"from"`
	Data    string   `json:"data"`
	Message *struct {
		Chat wireChat `json:"chat"`
	} `json:"message"`
}

type wireFile struct {
	ID   string `json:"file_id"`
	Name string `json:"file_name"`
	Size int64  `json:"file_size"`
}

type wirePhoto struct {
	wireFile
	Width  int `json:"width"`
	Height int `json:"height"`
}

// present is true for a field that is there, whatever is in it.
type present bool

// UnmarshalJSON looks only whether the value is null.
func (p *present) UnmarshalJSON(b []byte) error {
	*p = string(b) != "null"
	return nil
}

// lenient is a part of a message that is left out when it cannot be read.
type lenient[T any] struct{ value *T }

// UnmarshalJSON never fails.
func (l *lenient[T]) UnmarshalJSON(b []byte) error {
	v := new(T)
	if json.Unmarshal(b, v) == nil {
		l.value = v
	}
	return nil
}
