package telegram

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
)

// lasting is how many failures in a row make a trouble worth telling.
const lasting = 3

// trouble is what is wrong with receiving, in plain words.
type trouble struct {
	mu   sync.Mutex
	text string
}

func (t *trouble) sentence() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text
}

func (t *trouble) set(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = text
}

// explain says what a failure of receiving means and what to do; "" while it
// may well pass by itself.
func explain(err error, failures int) string {
	var api *apiError
	var foreign *foreignAnswer
	var kept *keepError
	switch isAPI := errors.As(err, &api); {
	case tokenRefused(err):
		return "Telegram does not accept the bot's token, so nothing is received. It is tried again every few minutes; if it stays so, get a new one from @BotFather, put it into the token file: it is read again."
	case isAPI && api.Code == http.StatusConflict && api.says("webhook"):
		return "A webhook is set for this Telegram bot, so its messages go there and not here. Remove it (call deleteWebhook with the bot's token) or use a bot of its own."
	case isAPI && api.Code == http.StatusConflict:
		return "Another program is fetching the messages of this Telegram bot. Stop the other one, or use a bot of its own."
	case failures < lasting:
		return ""
	case isAPI && api.Code == http.StatusTooManyRequests:
		return "Telegram asks us to slow down; messages arrive late."
	case errors.As(err, &kept):
		return "Messages from Telegram cannot be stored; they wait there for up to a day."
	case errors.As(err, &foreign):
		return fmt.Sprintf("Something other than Telegram's Bot API answers at the API address (HTTP status %d).", foreign.Status)
	}
	return fmt.Sprintf("Telegram cannot be reached: %v.", err)
}
