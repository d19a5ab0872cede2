package drop

import (
	"os"
	"strings"

	"onionbot/services/app/events"
	"onionbot/services/app/page"
	"onionbot/services/app/server"
)

// Where the definition has them.
const (
	dir        = "/srv/drop"
	secretFile = "/onion/private/owner"
)

// Run serves until it is asked to end.
func Run() error {
	secret, err := os.ReadFile(secretFile)
	if err != nil {
		return err
	}
	tell := events.Open()
	b := New(Options{
		Dir: dir, Secret: strings.TrimSpace(string(secret)), Limits: DefaultLimits(), Until: server.Until,
		News: func() { tell.Tell(events.News) },
	})
	return server.Run(server.Options{Visitors: b.Visitors(), Inward: b.Inward(), Policy: page.Policy()})
}
