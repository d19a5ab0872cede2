package reconcile

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"onionbot/services"
)

// Operators are told of what lasts, not of each hiccup. All is counted in
// looks, because a clock that jumps is one of the troubles.
const (
	hostPause    = 30 * time.Second
	hostPatience = 4   // looks that a trouble, or its end, has to last
	hostQuiet    = 120 // looks after a trouble's end before operators are told of the same once more
)

// hostPart is what is known of one thing that can be wrong with the host.
type hostPart struct {
	what  string // the sentence, while there is trouble
	bad   int    // looks that found trouble, since it began
	well  int    // looks that found none, since the last that did
	due   bool   // operators are to hear of it
	told  bool   // they have heard
	quiet int    // looks for which they hear of no other
}

// see takes what a look found.
func (p *hostPart) see(what string) {
	p.quiet = max(p.quiet-1, 0)
	switch {
	case what != "":
		p.what, p.bad, p.well = what, p.bad+1, 0
		p.due = p.due || p.bad >= hostPatience && p.quiet == 0
	case p.bad > 0:
		p.well++
	}
}

// ended reports whether a trouble is over.
func (p *hostPart) ended() bool { return p.bad > 0 && p.well >= hostPatience }

// WatchHost tells operators in their chats of a trouble with the host that
// lasts, once, and again when it is over. It works until ctx ends.
func (r *Reconciler) WatchHost(ctx context.Context) {
	tick := time.NewTicker(hostPause)
	defer tick.Stop()
	parts := make(map[string]*hostPart)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		found := hostTroubles(r.Health(ctx))
		if ctx.Err() != nil {
			return // what did not answer was told to stop
		}
		for part := range found {
			if parts[part] == nil {
				parts[part] = &hostPart{}
			}
		}
		for _, part := range slices.Sorted(maps.Keys(parts)) {
			parts[part].see(found[part])
			r.tellOfHost(ctx, part, parts[part])
		}
	}
}

// hostTroubles are the troubles of a health report by what they are about.
func hostTroubles(h services.Health) map[string]string {
	all := map[string]string{"engine": h.Docker, "tor": h.Tor, "disk": h.Disk, "clock": h.Clock}
	for network, what := range h.Adapters {
		if what != "" {
			all["network/"+network] = network + ": " + what
		}
	}
	maps.DeleteFunc(all, func(_, what string) bool { return what == "" })
	return all
}

// tellOfHost says what is to be said of a part. What cannot be stored, because
// the disk is the trouble, is tried again at the next look.
func (r *Reconciler) tellOfHost(ctx context.Context, part string, p *hostPart) {
	switch {
	case p.ended():
		lasted := time.Duration(p.bad) * hostPause
		if p.due && !r.storeHostWord(ctx, part, map[string]string{"what": p.what, "over": lasted.String()}) {
			return
		}
		quiet := p.quiet
		if p.due {
			quiet = hostQuiet
		}
		*p = hostPart{quiet: quiet}
	case p.due && !p.told:
		p.told = r.storeHostWord(ctx, part, map[string]string{"what": p.what})
	}
}

// storeHostWord stores a notice to every operator and reports whether that went
// through.
func (r *Reconciler) storeHostWord(ctx context.Context, part string, args map[string]string) bool {
	if r.o.Operators == nil {
		return true
	}
	now, word := r.o.Clock.Now(), "trouble"
	if args["over"] != "" {
		word = "over"
	}
	err := r.o.Store.Update(ctx, func(tx services.Tx) error {
		for n, to := range r.o.Operators() {
			_, err := tx.AddNotice(&services.Notice{
				Key: fmt.Sprintf("host/%s/%s/%d/%d", part, word, now.UnixMilli(), n), Kind: services.KindHost, To: to,
				State: services.NoticePending, DueAt: now, Alert: true, Args: maps.Clone(args),
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	r.recordDisk(err)
	if err != nil {
		r.o.Log.Warn("operators could not be told of the host", "error", err)
		return false
	}
	r.o.Outbox.Notify()
	return true
}
