// Package share is a page from which visitors download the files that the
// owner has sent.
package share

import (
	"net/http"

	"onionbot/services/app/page"
	"onionbot/services/app/server"
)

// Run serves until it is asked to end.
func Run() error {
	return server.Run(server.Options{Visitors: handler(), Policy: page.Policy()})
}

func handler() http.Handler {
	empty := page.New(`<h1>Nothing here yet.</h1>
<p>Whoever made this address has not put anything here so far. Try again later.</p>
`)
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		empty.Show(w, http.StatusOK, "Nothing here yet", nil)
	})
}
