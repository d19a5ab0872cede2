package reply

import (
	"fmt"
	"time"

	"onionbot/bots"
)

// Late is an answer that could not be sent when it was written. Its words do
// not depend on how late: servers without idempotency keys are asked by them
// whether an attempt has arrived.
func (r *Renderer) Late(answer bots.Reply, written, now time.Time) bots.Reply {
	answer.Text = lines(fmt.Sprintf("This answer comes late: it was written at %s, and things may have changed since.", humanTime(written, now)), answer.Text)
	return answer
}

// NotSent says that a network takes no messages.
func NotSent(since, now time.Time) string {
	return fmt.Sprintf("answers and notices have not been taken since %s. They are sent as soon as they are", humanTime(since, now))
}
