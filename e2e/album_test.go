package e2e

import (
	"bytes"
	"image"
	"image/jpeg"
	"strings"
	"testing"
	"time"

	"onionbot/bots/telegram/telegramtest"
)

func photo(t *testing.T, side int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, image.NewGray(image.Rect(0, 0, side, side)), nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestPhoneSendsAnAlbumAndChangesItsSite sends three pictures as one; the bot
// is killed when it has heard of two. Then the page gets more, gives way to
// another, and is emptied, at the same address.
func TestPhoneSendsAnAlbumAndChangesItsSite(t *testing.T) {
	t.Parallel()
	const ann = 1001
	b, api := telegramBot(t)
	b.start()
	album := api.Album(ann, telegramtest.Part{Data: photo(t, 8), Caption: "start site for 1h\nMissing cat"},
		telegramtest.Part{Data: photo(t, 9)}, telegramtest.Part{Data: photo(t, 10)})
	api.Push("message", album[0])
	api.Push("message", album[1])
	wait(t, 30*time.Second, "heard", func() bool { return api.Pending() == 0 })
	b.kill()
	api.Push("message", album[2])
	b.start()
	onion := address(t, answered(t, api, ann, "reachable", ".onion", "what you wrote and 3 files").Text)
	shows := func(what string, words ...string) {
		t.Helper()
		wait(t, 30*time.Second, what, func() bool {
			page := mustVisit(t, onion)
			for _, w := range words {
				if not, isNot := strings.CutPrefix(w, "!"); isNot == strings.Contains(page, strings.TrimPrefix(w, "!")) && not != "" {
					return false
				}
			}
			return true
		})
	}
	shows("the album", "Missing cat", "photo-1.jpg", "photo-2.jpg", "photo-3.jpg")
	if n := len(api.Chat(ann)); n != 1 {
		t.Errorf("%d answers: %+v", n, api.Chat(ann))
	}

	api.SendPhoto(ann, photo(t, 11), "add")
	answered(t, api, ann, "Added", onion)
	shows("one more", "Missing cat", "photo-4.jpg")
	api.SendFile(ann, "page.html", []byte("<!doctype html><title>mine</title><p>my own page"), "start site\nnot for visitors")
	answered(t, api, ann, "and nothing else", "Your words are not on it")
	shows("the page", "my own page", "!Missing cat", "!not for visitors")
	api.Type(ann, "clear")
	answered(t, api, ann, "shows nothing of yours any more")
	shows("nothing of it", "!my own page")
	if refused := api.Refusals(); len(refused) != 0 {
		t.Errorf("calls that Telegram would refuse: %v", refused)
	}
}
