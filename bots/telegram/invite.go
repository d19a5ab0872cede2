package telegram

import (
	"encoding/json"
	"regexp"

	"onionbot/bots"
)

var _ bots.Inviter = (*Adapter)(nil)

var (
	botName   = regexp.MustCompile(`^[A-Za-z0-9_]{3,64}$`)
	startWord = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
)

// InviteLink opens the chat with the bot and offers to send the code; "" until
// Telegram has told the bot's name.
func (a *Adapter) InviteLink(code string) string {
	name := a.name.Load()
	if name == nil || !startWord.MatchString(code) {
		return ""
	}
	return "https://t.me/" + *name + "?start=" + code
}

// learnName keeps the bot's name from what Telegram says of it.
func (a *Adapter) learnName(answer []byte) {
	var me struct {
		Result struct {
			Username string `json:"username"`
		} `json:"result"`
	}
	if json.Unmarshal(answer, &me) == nil && botName.MatchString(me.Result.Username) {
		a.name.Store(&me.Result.Username)
	}
}
