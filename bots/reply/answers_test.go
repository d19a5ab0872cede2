package reply

import (
	"strings"
	"testing"
	"time"

	"onionbot/services"
)

func TestOnlyOperatorsReadThatImagesAreOld(t *testing.T) {
	h := services.Health{Images: "old images could not be rebuilt and are still used: site (built on 2 May)"}
	for _, operator := range []bool{true, false} {
		u := &services.User{}
		if operator {
			u.Role = services.RoleOperator
		}
		text := (&Renderer{}).Overview(u, nil, h, time.Unix(0, 0)).Text
		if strings.Contains(text, "could not be rebuilt") != operator || strings.Contains(text, "All is well") {
			t.Errorf("operator %t reads: %s", operator, text)
		}
	}
}
