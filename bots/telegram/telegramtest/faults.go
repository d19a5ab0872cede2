package telegramtest

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Kind is what goes wrong.
type Kind int

// The kinds of fault.
const (
	Flood     Kind = iota // 429 with retry_after
	Gateway               // 502 with a page of HTML, as from a proxy
	Broken                // 500 in the API's own words
	Portal                // 200 with a page of HTML, as from a hotel's network
	Redirect              // 302 to somewhere else
	Cut                   // the connection ends before anything is done
	CutAfter              // it is done, then the connection ends without an answer
	Slow                  // the answer takes Delay longer
	Reorder               // getUpdates only: a batch backwards
	Duplicate             // getUpdates only: old updates again, new ones twice
)

// Fault is something that goes wrong with the next calls.
type Fault struct {
	Kind       Kind
	Method     string        // "" for every method; "download" for files
	Times      int           // how many calls; 0 means 1, below 0 for ever
	RetryAfter int           // seconds, for [Flood]
	Delay      time.Duration // for [Slow]
}

// Fault orders a fault. Faults for the same method happen one after another.
func (s *Server) Fault(f Fault) {
	if f.Times == 0 {
		f.Times = 1
	}
	s.change(func() { s.faults = append(s.faults, &f) })
}

// ClearFaults ends all faults.
func (s *Server) ClearFaults() { s.change(func() { s.faults = nil }) }

func (f *Fault) ofBatch() bool { return f.Kind == Reorder || f.Kind == Duplicate }

// takeFault uses up one fault of the call, if there is any.
func (s *Server) takeFault(method string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if !f.ofBatch() && (f.Method == "" || f.Method == method) {
			taken := *f
			s.use(f)
			s.calls["fault:"+method]++
			return &taken
		}
	}
	return nil
}

// takeFaults uses up one fault of each of the kinds; the lock is held.
func (s *Server) takeFaults(method string, kinds ...Kind) []*Fault {
	var taken []*Fault
	for _, kind := range kinds {
		i := slices.IndexFunc(s.faults, func(f *Fault) bool {
			return f.Kind == kind && (f.Method == "" || f.Method == method)
		})
		if i >= 0 {
			taken = append(taken, s.faults[i])
			s.use(s.faults[i])
		}
	}
	return taken
}

func (s *Server) use(f *Fault) {
	if f.Times < 0 {
		return
	}
	if f.Times--; f.Times == 0 {
		s.faults = slices.DeleteFunc(s.faults, func(g *Fault) bool { return g == f })
	}
}

const page = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"

// before acts in place of the call; it reports whether the call is over.
func (f *Fault) before(s *Server, w http.ResponseWriter, r *http.Request) bool {
	switch f.Kind {
	case Flood:
		write(w, flood(f.RetryAfter))
	case Gateway, Portal:
		w.Header().Set("Content-Type", "text/html")
		if f.Kind == Gateway {
			w.WriteHeader(http.StatusBadGateway)
		}
		_, _ = w.Write([]byte(page))
	case Broken:
		write(w, refuse(http.StatusInternalServerError, "Internal Server Error"))
	case Redirect:
		http.Redirect(w, r, "/elsewhere"+r.URL.Path, http.StatusFound)
	case Cut:
		cut(w)
	case Slow:
		s.sleep(r, f.Delay)
		return false
	default:
		return false
	}
	return true
}

// after acts when the call is done; it reports whether no answer is wanted.
func (f *Fault) after(w http.ResponseWriter) bool {
	if f.Kind == CutAfter {
		cut(w)
		return true
	}
	return false
}

func cut(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if conn, _, err := h.Hijack(); err == nil {
			_ = conn.Close() // that is the fault
		}
	}
}

func flood(seconds int) reply {
	a := refuse(http.StatusTooManyRequests, fmt.Sprintf("Too Many Requests: retry after %d", seconds))
	a.Parameters = &params{RetryAfter: seconds}
	return a
}
