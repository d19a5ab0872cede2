package docker

import (
	"strings"
	"testing"

	"onionbot/services"
)

func TestShareSaysThatNothingIsThereYet(t *testing.T) {
	r := open(t)
	spec := launch(t, r, services.ContainerSpec{Definition: service(t, "share")})
	res, page := get(t, browser(r, spec), "/")
	if res.StatusCode != 200 || !strings.Contains(page, "Nothing here yet") {
		t.Fatalf("%s: %s", res.Status, page)
	}
	for _, name := range []string{"Date", "Last-Modified", "Server"} {
		if v := res.Header.Get(name); v != "" {
			t.Errorf("%s: %q", name, v)
		}
	}
}
