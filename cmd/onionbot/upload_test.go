package main

import (
	"bytes"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onionbot/bots/console"
	"onionbot/bots/mastodon/mastodontest"
	"onionbot/bots/telegram/telegramtest"
)

func picture(t *testing.T, side int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, image.NewGray(image.Rect(0, 0, side, side)), nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const ownPage = "<!doctype html><title>mine</title><p>my own page"

func TestPicturesAndWordsInOneMessage(t *testing.T) {
	w := newWire(t)
	w.phone.SendPhoto(ann, picture(t, 8), "start site\nMissing cat")
	has(t, w.toPhone(1).Text, "It shows what you wrote and photo-1.jpg")
	has(t, w.page("ann"), "Missing cat", "photo-1.jpg")

	w.fedi.Publish(mastodontest.Toot{From: w.alice, Text: "@onionbot start site\nMissing cat", Files: []mastodontest.File{
		{Data: picture(t, 8), Where: mastodontest.Original, Description: "a grey cat"}, {Data: picture(t, 9), Where: mastodontest.Original},
	}})
	has(t, w.toAlice(1), "It shows what you wrote and 2 files (photo-1.jpg, photo-2.jpg")
	has(t, w.page("alice"), "Missing cat", `alt="a grey cat"`, "photo-2.jpg")
}

func TestAPageWithARemarkIsThePageAlone(t *testing.T) {
	w := newWire(t)
	w.phone.SendFile(ann, "about.html", []byte(ownPage), "start site\nnot for others")
	has(t, w.toPhone(1).Text, "Your words are not on it")
	has(t, w.page("ann"), "my own page", "!not for others")

	w.fedi.Publish(mastodontest.Toot{From: w.alice, Text: "@onionbot start site\nnot for others", Files: []mastodontest.File{
		{Data: []byte(ownPage), Kind: "unknown", Name: "page.html"},
	}})
	has(t, w.toAlice(1), "Your words are not on it")
	has(t, w.page("alice"), "my own page", "!not for others")

	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(ownPage), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	console.Ctl(t.Context(), w.socket, nil, strings.NewReader("start site\nnot for others"), &out, console.CtlOptions{File: file, Timeout: 5 * time.Second})
	has(t, out.String(), "Your words are not on it")
	has(t, w.page("operator"), "my own page", "!not for others")
}

func TestAnAlbumOverTheWireGetsOneAnswer(t *testing.T) {
	w := newWire(t)
	w.phone.SendAlbum(ann,
		telegramtest.Part{Data: picture(t, 8)}, telegramtest.Part{Data: picture(t, 9), Caption: "start site"}, telegramtest.Part{Data: picture(t, 10)})
	has(t, w.toPhone(1).Text, "It shows 3 files")
	has(t, w.page("ann"), "photo-1.jpg", "photo-2.jpg", "photo-3.jpg")
	w.phone.Type(ann, "services")
	has(t, w.toPhone(2).Text, "site") // nothing came in between
}

func TestFilesFindTheirCommand(t *testing.T) {
	w := newWire(t)
	w.phone.Type(ann, "start site")
	has(t, w.toPhone(1).Text, "being published")
	w.phone.SendFile(ann, "page.html", []byte(ownPage), "")
	has(t, w.toPhone(2).Text, "site now shows what you sent", "page.html")
	has(t, w.page("ann"), "my own page")

	first := w.fedi.Publish(mastodontest.Toot{From: w.alice, Text: "@onionbot", Media: [][]byte{picture(t, 8)}})
	w.fedi.Await("a question", func(p []mastodontest.Post) bool {
		return len(p) > 0 && strings.Contains(p[len(p)-1].Text, "What should I do with the file?")
	})
	w.fedi.Publish(mastodontest.Toot{From: w.alice, Text: "@onionbot start site", ReplyTo: first})
	w.fedi.Await("the picture", func(p []mastodontest.Post) bool { return strings.Contains(p[len(p)-1].Text, "It shows photo-1.jpg") })
	has(t, w.page("alice"), "photo-1.jpg")
}

func TestAButtonShowsAFileThatCameWithoutAWord(t *testing.T) {
	w := newWire(t)
	w.phone.SendAlbum(ann, telegramtest.Part{Data: picture(t, 8)}, telegramtest.Part{Data: picture(t, 9)})
	asked := w.toPhone(1)
	has(t, asked.Text, "What should I do with the 2 files?")
	w.phone.Press(ann, asked.Buttons[0][0].Data)
	has(t, w.toPhone(2).Text, "It shows 2 files")
	has(t, w.page("ann"), "photo-1.jpg", "photo-2.jpg")
	if len(w.phone.Refusals()) > 0 {
		t.Errorf("refused: %q", w.phone.Refusals())
	}
}

func TestAnAnswerToOnesOwnFileShowsIt(t *testing.T) {
	w := newWire(t)
	file := w.phone.FileMessage(ann, "page.html", []byte(ownPage), "")
	w.phone.Reply(ann, file, "start site") // the file itself was sent before the bot was there
	has(t, w.toPhone(1).Text, "It shows page.html")
	has(t, w.page("ann"), "my own page")
}

func TestARunningSiteIsReplacedAddedToAndCleared(t *testing.T) {
	w := newWire(t)
	n := 0
	step := func(answer, page string) {
		t.Helper()
		n++
		has(t, w.toPhone(n).Text, strings.Split(answer, "|")...)
		has(t, w.page("ann"), strings.Split(page, "|")...)
	}
	w.phone.Type(ann, "start site\nMissing cat")
	step("being published|It shows what you wrote.", "Missing cat")
	w.phone.SendPhoto(ann, picture(t, 8), "add")
	step("Added|what you wrote and photo-1.jpg|The address is the same", "Missing cat|photo-1.jpg")
	w.phone.SendPhoto(ann, picture(t, 9), "add to site\nLast seen here")
	step("Added|2 files", "Missing cat|Last seen here|photo-1.jpg|photo-2.jpg")
	w.phone.Type(ann, "status")
	step("what you wrote and 2 files (photo-1.jpg, photo-2.jpg", "photo-2.jpg")
	w.phone.SendFile(ann, "page.html", []byte(ownPage), "start site")
	step("and nothing else|The address is the same|It shows page.html|!photo-1.jpg", "my own page|!Missing cat")
	w.phone.Type(ann, "clear site")
	step("shows nothing of yours any more|!It shows", "")
	w.phone.Type(ann, "add\nBack again")
	step("now shows what you sent", "Back again|!my own page")
}

func TestALongTextArrivesWhole(t *testing.T) {
	w := newWire(t)
	w.phone.TypeLong(ann, "start site\n"+strings.Repeat("wording ", 600)+"the very end")
	has(t, w.toPhone(1).Text, "It shows what you wrote.")
	has(t, w.page("ann"), "the very end", "wording wording wording", "!word ing")
	w.phone.Type(ann, "services")
	has(t, w.toPhone(2).Text, "site")
}

func TestWhatIsNoCommandGetsOneSentenceAndStrangersNone(t *testing.T) {
	w := newWire(t)
	for i, who := range []int64{ann, 6666} {
		message := w.phone.Message(who, "strat site")
		w.phone.Edit(who, message, "start site")
		w.phone.Forward(who, message)
		for _, kind := range []string{"voice", "sticker", "video", "video_note"} {
			m := w.phone.Message(who, "")
			delete(m, "text")
			m[kind] = map[string]any{"file_id": "x"}
			w.phone.Push("message", m)
		}
		large := w.phone.FileMessage(who, "film.zip", nil, "start site")
		large["document"].(map[string]any)["file_size"] = 21 << 20
		w.phone.Push("message", large)
		if i == 0 {
			w.toPhone(7)
		}
	}
	w.phone.Type(ann, "services")
	w.toPhone(8)
	for i, want := range []string{"send it anew", "forwarded messages", "voice message", "sticker", "as a file", "as a file", "20 MB"} {
		has(t, w.toPhone(i+1).Text, want)
	}
	if got := w.phone.Chat(6666); len(got) != 0 {
		t.Errorf("the stranger was answered: %+v", got)
	}
}

func TestClausesBelowTheCommandOverTheWire(t *testing.T) {
	w := newWire(t)
	w.phone.Type(ann, "start site\nfor 2h")
	has(t, w.toPhone(1).Text, "2 h from now", "!It shows")
	if got := w.page("ann"); got != "" {
		t.Errorf("a page came of it: %s", got)
	}
}

func TestADownloadThatFailsOnceIsTriedAgain(t *testing.T) {
	w := newWire(t)
	w.phone.Fault(telegramtest.Fault{Kind: telegramtest.Broken, Method: "getFile"})
	w.phone.SendFile(ann, "page.html", []byte(ownPage), "start site")
	has(t, w.toPhone(1).Text, "It shows page.html")

	w.fedi.Fault(mastodontest.Fault{Path: "/media_files/", Status: 500, Body: "<h1>500</h1>"})
	w.fedi.Publish(mastodontest.Toot{From: w.alice, Text: "@onionbot start site", Media: [][]byte{picture(t, 8)}})
	has(t, w.toAlice(1), "It shows photo-1.jpg")
}

func TestAnAnswerToOnePartOfAnAlbumShowsTheAlbum(t *testing.T) {
	w := newWire(t)
	album := w.phone.Album(ann, telegramtest.Part{Data: picture(t, 8)}, telegramtest.Part{Data: picture(t, 9)})
	for _, m := range album {
		w.phone.Push("message", m)
	}
	has(t, w.toPhone(1).Text, "the 2 files")
	w.phone.Reply(ann, album[1], "start site")
	has(t, w.toPhone(2).Text, "It shows 2 files")
}

// fedi waits until the newest post of the bot has all the words.
func (w *wire) fediSays(words string) {
	w.t.Helper()
	w.fedi.Await(words, func(p []mastodontest.Post) bool {
		for _, word := range strings.Split(words, "|") {
			if len(p) == 0 || !strings.Contains(p[len(p)-1].Text, word) {
				return false
			}
		}
		return true
	})
}

func TestASiteIsChangedFromTheFediverse(t *testing.T) {
	w := newWire(t)
	say := func(text string, files ...mastodontest.File) {
		w.fedi.Publish(mastodontest.Toot{From: w.alice, Text: "@onionbot " + text, Files: files})
	}
	say("start site")
	w.fediSays("being published")
	say("", mastodontest.File{Data: picture(t, 8), Description: "a grey cat"}) // the picture after its words
	w.fediSays("site now shows what you sent|photo-1.jpg")
	has(t, w.page("alice"), `alt="a grey cat"`)
	say("add\nMissing cat", mastodontest.File{Data: picture(t, 9), Where: mastodontest.Remote}, mastodontest.File{Where: mastodontest.Nowhere})
	w.fediSays("Added|what you wrote and 2 files|Left out: a file that the server could not fetch")
	has(t, w.page("alice"), "Missing cat", "photo-2.jpg")
	say("start site\nFound!")
	w.fediSays("and nothing else|It shows what you wrote.")
	has(t, w.page("alice"), "Found!", "!photo-1.jpg")
	say("clear")
	w.fediSays("shows nothing of yours any more")
	if got := w.page("alice"); got != "" {
		t.Errorf("still there: %s", got)
	}
	w.fedi.Publish(mastodontest.Toot{From: w.alice, Visibility: "public", Text: "@onionbot start site"})
	w.fediSays("Others can read that")
	if p := w.fedi.Posts(); p[len(p)-1].ReplyTo != "" {
		t.Errorf("threaded to the public post: %+v", p[len(p)-1])
	}
}

func TestASiteIsChangedFromTheConsole(t *testing.T) {
	w := newWire(t)
	file := filepath.Join(t.TempDir(), "cat.jpg")
	if err := os.WriteFile(file, picture(t, 8), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ text, file, answer, page string }{
		{"start site\nMissing cat", "", "It shows what you wrote.", "Missing cat"},
		{"add", file, "Added|cat.jpg", "Missing cat|cat.jpg"},
		{"status site", "", "what you wrote and cat.jpg", "cat.jpg"},
		{"start site for 3h", file, "and nothing else|its time was not changed", "cat.jpg|!Missing cat"},
		{"clear", "", "shows nothing of yours", ""},
		{"start site\nonce", "", "how it ends was not changed", ""},
	} {
		var out bytes.Buffer
		console.Ctl(t.Context(), w.socket, nil, strings.NewReader(step.text), &out, console.CtlOptions{File: step.file, Timeout: 3 * time.Second})
		has(t, out.String(), strings.Split(step.answer, "|")...)
		if step.page != "" {
			has(t, w.page("operator"), strings.Split(step.page, "|")...)
		}
	}
}

func TestAPictureThatTelegramBreaksOverHoldsUpNothing(t *testing.T) {
	w := newWire(t)
	w.phone.Type(ann, "start site")
	w.toPhone(1)
	w.phone.Fault(telegramtest.Fault{Kind: telegramtest.Broken, Method: "sendPhoto", Times: -1})
	w.phone.Type(ann, "qr")
	w.phone.Type(ann, "list")
	w.phone.MustWait(t, ann, func(all []telegramtest.Sent) bool {
		var text, list bool
		for _, m := range all[1:] {
			text = text || strings.Contains(m.Text, "The address of site") && m.Photo == nil
			list = list || strings.Contains(m.Text, "site: starting, until")
		}
		return text && list
	})
}
