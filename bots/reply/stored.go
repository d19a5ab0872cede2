package reply

import (
	"encoding/json"
	"fmt"

	"onionbot/bots"
)

// Encode is a reply as a notice of [services.KindReply] stores it.
func Encode(r bots.Reply) ([]byte, error) { return json.Marshal(r) }

// Decode reads what [Encode] wrote.
func Decode(body []byte) (bots.Reply, error) {
	var r bots.Reply
	if err := json.Unmarshal(body, &r); err != nil {
		return bots.Reply{}, fmt.Errorf("decode reply: %w", err)
	}
	return r, nil
}
