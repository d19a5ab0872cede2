package docker

import (
	"bufio"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"onionbot/services"
)

var chatKey = regexp.MustCompile(`name="key" value="([0-9a-f]+)"`)

// talker enters the room under a name, and returns how to talk there.
func talker(t *testing.T, c *http.Client, name string) (say func(text string) int) {
	t.Helper()
	c.Jar, _ = cookiejar.New(nil)
	key := ""
	post := func(path string, form url.Values) *http.Response {
		form.Set("key", key)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://site.onion"+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res
	}
	_, door := get(t, c, "/")
	key = chatKey.FindStringSubmatch(door)[1]
	post("/enter", url.Values{"name": {name}})
	_, room := get(t, c, "/")
	if !strings.Contains(room, ">Leave<") || !strings.Contains(room, "It ends on") {
		t.Fatalf("%s is not in the room: %s", name, room)
	}
	key = chatKey.FindStringSubmatch(room)[1]
	return func(text string) int { return post("/say", url.Values{"text": {text}, "live": {"1"}}).StatusCode }
}

func TestTwoVisitorsTalkInTheChat(t *testing.T) {
	t.Parallel()
	r := open(t)
	spec := launch(t, r, services.ContainerSpec{Definition: service(t, "chat")})
	ada, bob := browser(r, spec), browser(r, spec)
	adaSays := talker(t, ada, "Ada")
	talker(t, bob, "Bob")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://site.onion/log", nil)
	if err != nil {
		t.Fatal(err)
	}
	page, err := bob.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer page.Body.Close()
	lines := bufio.NewScanner(page.Body)
	for lines.Scan() && !strings.Contains(lines.Text(), "<ol") {
	}
	if status := adaSays("Is this thing on?"); status != http.StatusNoContent {
		t.Fatalf("said with %d", status)
	}
	for lines.Scan() { // the page goes on: this ends with the line, or with the client's patience
		if strings.Contains(lines.Text(), "Is this thing on?") {
			return
		}
	}
	t.Fatal("the page that goes on has ended:", lines.Err())
}
