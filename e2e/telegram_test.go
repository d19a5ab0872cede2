package e2e

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"onionbot/bots/telegram/telegramtest"
)

const botToken = "1234567:AAe2e-secret-token-of-the-story"

// telegramBot is an installation that reaches a Bot API server of the test
// through the private Tor network.
func telegramBot(t *testing.T) (*bot, *telegramtest.Server) {
	t.Helper()
	return telegramBotFor(t, twoUsers)
}

// telegramBotFor is the same for other users.
func telegramBotFor(t *testing.T, users string) (*bot, *telegramtest.Server) {
	t.Helper()
	setUp(t)
	api := telegramtest.New(t, botToken)
	b := newBot(t, fmt.Sprintf("[telegram]\ntoken_file = \"token\"\napi_url = %q\n", api.URL())+users)
	b.write("token", botToken+"\n")
	return b, api
}

// answered waits until the person has a message with all the words in it.
func answered(t *testing.T, api *telegramtest.Server, person int64, words ...string) telegramtest.Sent {
	t.Helper()
	var found telegramtest.Sent
	has := func(all []telegramtest.Sent) bool {
		for _, m := range all {
			n := 0
			for _, w := range words {
				if strings.Contains(m.Text, w) {
					n++
				}
			}
			if n == len(words) {
				found = m
				return true
			}
		}
		return false
	}
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	if !api.Wait(ctx, person, has) {
		t.Fatalf("no answer with %q; the chat: %+v", words, api.Chat(person))
	}
	return found
}

// TestPhoneStartsASiteOverTelegram types on a phone: the bot hears it through
// Tor, is killed before it can answer, and answers all the same.
func TestPhoneStartsASiteOverTelegram(t *testing.T) {
	t.Parallel()
	const ann, stranger = 1001, 6666
	b, api := telegramBot(t)
	b.start()
	api.Type(stranger, "start site")
	api.Type(ann, "Start  site for 1h please")
	wait(t, 30*time.Second, "heard", func() bool { return api.Pending() == 0 })
	b.kill()
	b.start()
	card := answered(t, api, ann, "reachable", ".onion")
	onion := address(t, card.Text)
	mustVisit(t, onion)
	if !card.PreviewDisabled {
		t.Error("Telegram's servers would fetch the address")
	}
	if !strings.Contains(card.HTML, "<code>") || len(card.Buttons) == 0 {
		t.Errorf("card: %s, %v", card.HTML, card.Buttons)
	}

	// A page from the phone replaces what is shown; the address stays.
	api.SendFile(ann, "party.html", []byte("<title>party</title><h1>tonight at eight</h1>"), "start site")
	answered(t, api, ann, "shows what you sent")
	wait(t, 30*time.Second, "shown", func() bool { return strings.Contains(mustVisit(t, onion), "tonight at eight") })

	for _, row := range card.Buttons {
		for _, button := range row {
			if strings.HasPrefix(button.Data, "stop ") {
				api.Press(ann, button.Data)
			}
		}
	}
	answered(t, api, ann, "gone", "checked")
	wantDark(t, onion)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if !api.Wait(ctx, ann, func(all []telegramtest.Sent) bool {
		return slices.ContainsFunc(all, func(m telegramtest.Sent) bool {
			return m.ID == card.ID && strings.Contains(m.Text, "gone") && len(m.Buttons) == 0 && !strings.Contains(m.Text, onion)
		})
	}) {
		t.Errorf("the card does not say that it is gone; the chat: %+v", api.Chat(ann))
	}
	if got := api.Chat(stranger); len(got) != 0 {
		t.Errorf("the stranger was answered: %+v", got)
	}
	if refused := api.Refusals(); len(refused) != 0 {
		t.Errorf("calls that Telegram would refuse: %v", refused)
	}
	b.wantForgotten(onion, "tonight at eight")
	wantNoToken(t, b)
}

// wantNoToken looks for the token where it must not be.
func wantNoToken(t *testing.T, b *bot) {
	t.Helper()
	if strings.Contains(b.log.String(), botToken) {
		t.Error("the token is in the log")
	}
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", b.cmd.Process.Pid))
	if err != nil || strings.Contains(string(line), botToken) {
		t.Errorf("command line of the bot: %q, %v", line, err)
	}
	b.wantForgotten(botToken)
}
