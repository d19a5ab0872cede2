// Package share is a page from which visitors download the files that the
// owner has sent: each by itself, or all of them in one archive.
//
// It counts complete downloads of everything, and is over when the rules of
// its instance say so. A visitor has no address and no cookie, so what is
// complete is judged by what was delivered, whoever asked for it: the whole
// archive, in one piece or in several, or each of the files. What broke off
// counts as far as somebody goes on from there; see [tally].
package share

import (
	"net/http"

	"onionbot/services/app/events"
	"onionbot/services/app/page"
	"onionbot/services/app/server"
)

// contentDir is where the owner's files are mounted.
const contentDir = "/srv/content"

// Run serves until it is asked to end.
func Run() error {
	s := newShare(contentDir, events.Open())
	return server.Run(server.Options{Visitors: s, Policy: page.Policy()})
}

// share is the page.
type share struct {
	shelf  *shelf
	tally  *tally
	until  func() string
	events *events.Writer
}

func newShare(dir string, told *events.Writer) *share {
	s := &share{shelf: &shelf{dir: dir}, until: server.Until, events: told}
	s.tally = newTally(told.Left(), func() { told.Tell(events.Count) })
	return s
}

var _ http.Handler = (*share)(nil)
