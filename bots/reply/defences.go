package reply

import (
	"fmt"

	"onionbot/services"
)

// defences says what tor does against floods.
func defences(d services.Defences) string {
	switch {
	case d.Streams == 0:
		return ""
	case d.Newcomers == 0:
		return fmt.Sprintf("Against floods: a visitor may hold %d connections. A tor here cannot ask for a proof of work: it is older than 0.4.9, or was built without.", d.Streams)
	}
	return fmt.Sprintf("Against floods: a visitor may hold %d connections; when more than %d newcomers a second come, tor asks them for a proof of work.", d.Streams, d.Newcomers)
}
