package chat

import (
	"onionbot/services/app/page"
	"onionbot/services/app/server"
)

// Run serves until it is asked to end.
func Run() error {
	return server.Run(server.Options{Visitors: New(Options{Until: server.Until}), Policy: page.Policy()})
}
