package console

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Overview is how everything does, for an operator who watches.
type Overview struct {
	At        time.Time         `json:"at"` // by the bot's clock
	Version   string            `json:"version"`
	Instances []OverviewService `json:"instances"`
	Tors      []OverviewTor     `json:"tors"`
	Networks  []OverviewNetwork `json:"networks"`
	Troubles  []string          `json:"troubles"` // of the machine, a sentence each
	Errors    []OverviewError   `json:"errors"`   // what was refused or failed, the newest first
}

// OverviewService is one instance.
type OverviewService struct {
	Name    string    `json:"name"`
	Service string    `json:"service"`
	Owner   string    `json:"owner"`
	State   string    `json:"state"`
	Until   time.Time `json:"until"`
	Visits  int       `json:"visits"`
	Address string    `json:"address,omitempty"` // only if it was asked for
}

// OverviewTor is one tor process.
type OverviewTor struct {
	Name      string `json:"name"`
	Answers   bool   `json:"answers"`
	Bootstrap int    `json:"bootstrap"` // percent
	Onions    int    `json:"onions"`
	Problem   string `json:"problem,omitempty"`
}

// OverviewNetwork is one chat network since the process began.
type OverviewNetwork struct {
	Name     string `json:"name"`
	Received uint64 `json:"received"` // events
	Sent     uint64 `json:"sent"`
	Waiting  int    `json:"waiting"` // messages that should have been sent by now
	Trouble  string `json:"trouble,omitempty"`
}

// OverviewError is one entry of the audit log.
type OverviewError struct {
	At      time.Time `json:"at"`
	Network string    `json:"network"`
	Owner   string    `json:"owner"`
	Action  string    `json:"action"`
	Outcome string    `json:"outcome"`
}

// overviewLimit is how long the daemon may take to look at everything.
const overviewLimit = 10 * time.Second

// overview answers a client that watches. Nothing is stored and nobody is
// told: it may be asked every second.
func (s *session) overview(ctx context.Context, a *Adapter, f frame) error {
	if a.o.Look == nil {
		return s.write(frame{Type: typeRefused, Text: "This bot has no overview.", Error: true})
	}
	ctx, cancel := context.WithTimeout(ctx, overviewLimit)
	defer cancel()
	look, err := a.o.Look(ctx, f.Addresses)
	if err != nil {
		a.o.Log.Warn("console: overview", "error", err)
		return s.write(frame{Type: typeRefused, Text: "The bot could not look at everything. Its log says why; onionbot doctor may, too.", Error: true})
	}
	return s.write(frame{Type: typeOverview, Overview: &look})
}

// Look asks the daemon how everything does; onion addresses are part of the
// answer only if addresses is set. Errors are sentences for the operator.
func Look(ctx context.Context, path string, addresses bool) (Overview, error) {
	ctx, cancel := context.WithTimeout(ctx, overviewLimit+5*time.Second)
	defer cancel()
	c, err := Dial(ctx, path, false)
	if err != nil {
		return Overview{}, errors.New(noBot(err, path))
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	if err := c.write(frame{Type: typeOverview, Addresses: addresses}); err != nil {
		return Overview{}, errors.New(noBot(err, path))
	}
	f, err := c.listen()
	switch {
	case ctx.Err() != nil:
		return Overview{}, errors.New("the bot does not answer in time; see its log")
	case err != nil:
		return Overview{}, fmt.Errorf("the bot does not answer this; it may be older than this program (%w)", err)
	case f.Type == typeOverview && f.Overview != nil:
		return *f.Overview, nil
	}
	return Overview{}, errors.New(f.Text)
}
