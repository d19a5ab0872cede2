package server

import (
	"os"
	"strings"
)

// untilFile is where the bot says, for visitors, how long an instance lives.
const untilFile = "/onion/control/until.txt"

// Until says in words when the instance ends, in UTC; "" if nobody says so.
func Until() string {
	b, err := os.ReadFile(untilFile)
	if err != nil || len(b) > 200 {
		return ""
	}
	return strings.TrimSpace(string(b))
}
