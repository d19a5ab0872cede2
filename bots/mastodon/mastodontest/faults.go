package mastodontest

import (
	"net/http"
	"strings"
	"time"
)

// Fault is something that goes wrong with requests that fit.
type Fault struct {
	Method string // "" = any
	Path   string // prefix; "" = any
	Times  int    // how often; 0 = once

	After       bool // the request is carried out, and then the answer is lost
	Cut         bool // the connection ends without an answer
	Status      int
	Body        string // with Status; HTML unless ContentType says otherwise
	ContentType string
	Header      map[string]string
}

// BadGateway is what a proxy says when the server behind it is down.
func BadGateway(times int) Fault {
	return Fault{Times: times, Status: http.StatusBadGateway, Body: "<html><h1>502 Bad Gateway</h1></html>"}
}

// Throttle is a 429 with the time at which it ends.
func Throttle(times int, reset time.Time) Fault {
	return Fault{
		Times: times, Status: http.StatusTooManyRequests, Body: `{"error":"Too many requests"}`,
		ContentType: "application/json",
		Header: map[string]string{
			"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": "0",
			"X-RateLimit-Reset": reset.UTC().Format(time.RFC3339Nano),
		},
	}
}

// Fault arms a fault; several are used up in order.
func (s *Server) Fault(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.Times = max(f.Times, 1)
	s.faults = append(s.faults, &f)
}

// ClearFaults ends all of them.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// takeFault uses up the first fault that fits; with s.mu held.
func (s *Server) takeFault(r *http.Request) *Fault {
	for _, f := range s.faults {
		if f.Times > 0 && (f.Method == "" || f.Method == r.Method) && strings.HasPrefix(r.URL.Path, f.Path) {
			f.Times--
			return f
		}
	}
	return nil
}

func (f *Fault) play(w http.ResponseWriter) {
	if f.Cut || f.Status == 0 {
		panic(http.ErrAbortHandler)
	}
	for k, v := range f.Header {
		w.Header().Set(k, v)
	}
	contentType := f.ContentType
	if contentType == "" {
		contentType = "text/html; charset=utf-8"
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(f.Status)
	_, _ = w.Write([]byte(f.Body))
}
