package shim

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"time"

	"onionbot/services/shim/selftest"
)

// ReachedError says that the app was not started, since it would have reached
// what it must not.
type ReachedError struct{ Reached []string }

// Error is for the log.
func (e *ReachedError) Error() string {
	return "the self-test reached " + strings.Join(e.Reached, "; ")
}

// Call sends one request to a shim's control socket. The answer comes from
// inside a container and is bounded and checked.
func Call(ctx context.Context, socket string, req Request) (Status, error) {
	body, err := json.Marshal(req)
	if err != nil {
		return Status{}, err
	}
	if len(body) > MaxRequest {
		return Status{}, fmt.Errorf("shim request of %d bytes is over the limit of %d", len(body), MaxRequest)
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return Status{}, fmt.Errorf("shim %s: %w", req.Op, err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()

	answer, err := exchange(conn.(*net.UnixConn), body)
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return Status{}, fmt.Errorf("shim %s: %w", req.Op, err)
	}
	return answer.result(req.Op)
}

func exchange(conn *net.UnixConn, body []byte) (*Response, error) {
	if _, err := conn.Write(body); err != nil {
		return nil, err
	}
	if err := conn.CloseWrite(); err != nil {
		return nil, err
	}
	var answer Response
	if err := decode(conn, MaxResponse, &answer); err != nil {
		return nil, err
	}
	return &answer, nil
}

// result checks what came out of a container before anybody believes it.
func (r *Response) result(op Op) (Status, error) {
	s := r.Status
	if s.Visits < 0 || s.News < 0 || s.Active < 0 || s.LastVisit < 0 || s.Deadline < 0 || s.Started < 0 ||
		s.Tested < 0 || s.LastVisit > maxDeadline || s.Deadline > maxDeadline || s.Started > maxDeadline {
		return Status{}, fmt.Errorf("shim %s: impossible numbers in the answer", op)
	}
	if len(r.Reached) > 0 {
		return s, &ReachedError{Reached: selftest.Tame(r.Reached)}
	}
	if r.Error != "" {
		return s, fmt.Errorf("shim %s: refused: %q", op, r.Error)
	}
	return s, nil
}
