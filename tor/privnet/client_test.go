package privnet

import (
	"context"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"time"
)

// onWarning calls a function for each warning.
type onWarning struct {
	slog.Handler
	do func(message string)
}

func (h onWarning) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn {
		h.do(r.Message)
	}
	return h.Handler.Handle(ctx, r)
}

func TestAClientThatDoesNotGetInBeginsAnew(t *testing.T) {
	t.Parallel()
	n := startNetwork(t, Options{Dir: shortDir(t)})
	nodes := n.Pids()
	signal := func(s syscall.Signal) {
		for _, pid := range nodes {
			if err := syscall.Kill(pid, s); err != nil {
				t.Error(err)
			}
		}
	}
	retries := 0
	n.joinLimit = time.Second
	n.log = slog.New(onWarning{n.log.Handler(), func(message string) {
		if strings.Contains(message, "did not join") {
			retries++
			n.joinLimit = joinLimit
			signal(syscall.SIGCONT)
		}
	}})
	signal(syscall.SIGSTOP)
	client := startClient(t, n, "visitor")
	if retries == 0 {
		t.Error("it joined a network that stood still")
	}
	if got, want := len(n.Pids()), len(nodes)+1; got != want {
		t.Errorf("%d tors run, want %d: the first attempt is gone", got, want)
	}
	if client.SOCKSAddr() == "" {
		t.Error("no SOCKS port")
	}
}
