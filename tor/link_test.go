package tor

import (
	"errors"
	"testing"
	"time"
)

func TestRequestThatTimedOutIsFollowedByANewConnection(t *testing.T) {
	f := newFakeTor(t)
	once := true
	f.script = func(line string) string {
		if once && line == "GETINFO version" {
			once = false
			return "hang"
		}
		return ""
	}
	l := newLink(f.socket, 100*time.Millisecond)
	defer l.reset()
	ask := func(key string) error {
		return l.do(soon(t), func(s *session) error {
			_, err := s.info(soon(t), key)
			return err
		})
	}
	if err := ask("version"); !errors.Is(err, errNoAnswer) {
		t.Errorf("request without a reply = %v", err)
	}
	if err := ask("network-liveness"); err != nil {
		t.Errorf("next request: %v", err)
	}
	f.with(func() {
		if f.total != 2 {
			t.Errorf("%d connections; want 2", f.total)
		}
	})
}
