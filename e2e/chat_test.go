package e2e

import (
	"bufio"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"onionbot/e2e/browser"
)

var formKey = regexp.MustCompile(`name="key" value="([0-9a-f]+)"`)

// enterRoom picks a name, and returns the word that the guest's forms carry.
func (g *guest) enterRoom(name string) (key string) {
	g.t.Helper()
	_, door := g.get("/")
	key = formKey.FindStringSubmatch(door)[1]
	_, room := g.submit("/enter", url.Values{"name": {name}, "key": {key}})
	if !strings.Contains(room, ">Leave<") {
		g.t.Fatalf("%s is not in the room: %s", name, room)
	}
	return formKey.FindStringSubmatch(room)[1]
}

// TestTwoVisitorsTalkThroughTor reads in a page that goes on what another says.
func TestTwoVisitorsTalkThroughTor(t *testing.T) {
	t.Parallel()
	b := newBot(t, anything)
	b.start()
	onion := b.begin("chat", "for", "1h")
	ada, bob := newGuest(t, "ada", onion), newGuest(t, "bob", onion)
	key := ada.enterRoom("Ada")
	bob.enterRoom("Bob")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+onion+"/log", nil)
	if err != nil {
		t.Fatal(err)
	}
	page, err := bob.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer page.Body.Close()
	lines := bufio.NewScanner(page.Body)
	for lines.Scan() && !strings.Contains(lines.Text(), "<ol") {
	}
	if res, problem := ada.submit("/say", url.Values{"text": {"only between us"}, "key": {key}, "live": {"1"}}); res.StatusCode != http.StatusNoContent {
		t.Fatalf("%s: %s", res.Status, problem)
	}
	heard := false
	for !heard && lines.Scan() {
		heard = strings.Contains(lines.Text(), "only between us")
	}
	if !heard {
		t.Fatal("the page that goes on has ended:", lines.Err())
	}
	b.wantForgotten("only between us")
	b.ctl("stop")
	wantDark(t, onion)
	b.wantNothingLeft(onion, "only between us")
	if lines.Scan() && strings.Contains(lines.Text(), "<li") {
		t.Error("the page goes on after the end")
	}
}

const (
	framedLog = "document.querySelector('iframe.log').contentDocument"
	framedSay = "document.querySelector('iframe.say').contentDocument"
)

// enter picks a name in a browser.
func enter(b *browser.Browser, onion, name string) {
	b.Go("http://" + onion + "/")
	b.Await("document.activeElement && document.activeElement.id==='name'")
	b.Type(name)
	b.Press("Enter")
	b.Await("!!document.getElementById('live')")
}

// TestBrowsersTalkAndDropThroughTor is what people see: two browsers in a room,
// one of them without scripts, and an upload from each. SCREENS=directory keeps
// pictures of it.
func TestBrowsersTalkAndDropThroughTor(t *testing.T) {
	if os.Getenv("ONIONBOT_SOAK") == "" || browser.Find() == "" {
		t.Skip("a long form, for machines that have a Chromium")
	}
	b := newBot(t, anything)
	b.start()
	socks := shared.visitor.SOCKSAddr()
	desk := browser.Start(t, browser.Options{SOCKS: socks, Scripts: true, Width: 1100, Height: 800})
	phone := browser.Start(t, browser.Options{SOCKS: socks, Dark: true, Width: 360, Height: 740})
	keep := func(b *browser.Browser, name string) {
		if dir := os.Getenv("SCREENS"); dir != "" {
			b.Screenshot(filepath.Join(dir, name+".png"))
		}
	}

	onion := b.begin("chat", "for", "1h")
	enter(desk, onion, "Ada")
	enter(phone, onion, "Bob")
	phone.Await(framedSay + ".activeElement.id==='text'")
	desk.Await("document.activeElement.id==='text'")
	desk.Type("Is <b>anybody</b> here?")
	desk.Press("Enter")
	phone.Await(framedLog + ".body.innerText.includes('Is <b>anybody</b> here?')")
	phone.Type("I am, without scripts.")
	phone.Press("Enter")
	desk.Await("document.getElementById('lines').innerText.includes('without scripts')")
	phone.Await("document.querySelector('iframe.say').contentWindow.location.hash==='#text' && " + framedSay + ".activeElement.id==='text'")
	phone.Type("And my keyboard stays where it was.")
	phone.Press("Enter")
	desk.Await("document.querySelectorAll('#lines li').length===3")
	phone.Await(framedLog + ".querySelectorAll('li').length===3")
	keep(desk, "chat")
	keep(phone, "chat-phone")
	b.ctl("stop", "chat")

	out := b.ctl("start", "drop", "for", "1h")
	onion = address(t, out)
	cat := filepath.Join(t.TempDir(), "cat.jpg")
	if err := os.WriteFile(cat, make([]byte, 300_000), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, who := range []*browser.Browser{desk, phone} {
		who.Go("http://" + onion + "/")
		who.Await("!!document.getElementById('drop')")
		who.Choose("#file", cat)
		who.Click("#note")
		who.Type("Here it is.")
		if who == phone {
			keep(phone, "drop-phone")
		}
		who.Click("#send")
		who.Await("document.title==='It has arrived'")
	}
	desk.Go("http://" + onion + ownersPath(t, out))
	desk.Await("document.querySelectorAll('section').length===2")
	keep(desk, "drop-owner")
	phone.Go("http://" + onion + "/1/1/cat.jpg")
	phone.Await("document.title==='Not here'")
}
