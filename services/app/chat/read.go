package chat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"time"
)

const (
	pageLife  = time.Hour // of a page that goes on; it then loads itself again
	eventLife = 6 * time.Hour

	soon  = 2  // seconds until a page that has ended loads itself again
	later = 10 // the same where there is no place to read along
)

// logPage is the frame to read in: a page that goes on loading. Browsers start
// the clock of its refresh when it ends, however that comes about.
func (r *Room) logPage(w http.ResponseWriter, req *http.Request) {
	p, ok := r.passOf(req)
	r.frame(w)
	// Not in chunks: then a page whose circuit breaks off is one that has ended.
	w.Header().Set("Transfer-Encoding", "identity")
	out := &htmlReader{writer: newWriter(w, p), line: r.pages.log.Lookup("line")}
	if !ok || !p.entered() {
		_ = out.begin(r.pages.log, log{Problem: sayStopped.Error(), Out: true})
		return
	}
	s, err := r.join(p, time.Now())
	switch {
	case err == nil:
		defer func() { r.leave(s, time.Now()) }()
		if out.begin(r.pages.log, log{Refresh: soon}) == nil {
			r.follow(req.Context(), s, 0, out, pageLife)
		}
	case errors.Is(err, crowded):
		if out.begin(r.pages.log, log{Refresh: later}) == nil {
			lines, _ := r.after(0)
			_ = out.lines(lines)
		}
	default:
		_ = out.begin(r.pages.log, log{Problem: err.Error(), Out: true})
	}
}

// events is the same for a script.
func (r *Room) events(w http.ResponseWriter, req *http.Request) {
	p, ok := r.passOf(req)
	if !ok || !p.entered() {
		w.WriteHeader(http.StatusNoContent) // the script need not ask again
		return
	}
	number, _ := strconv.Atoi(req.Header.Get("Last-Event-ID"))
	s, err := r.join(p, time.Now())
	if err != nil && !errors.Is(err, crowded) {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	out := &eventReader{newWriter(w, p)}
	if err != nil {
		lines, _ := r.after(number)
		_ = errors.Join(out.print("retry: %d000\n\n", later), out.lines(lines))
		return
	}
	defer func() { r.leave(s, time.Now()) }()
	if out.print("retry: %d000\nevent: here\ndata: %d\n\n", soon, r.here()) == nil {
		r.follow(req.Context(), s, number, out, eventLife)
	}
}

// writer sends what it is given at once.
type writer struct {
	w       http.ResponseWriter
	control *http.ResponseController
	me      string    // the reader's tag
	last    time.Time // of the line before
}

func newWriter(w http.ResponseWriter, p pass) *writer {
	return &writer{w: w, control: http.NewResponseController(w), me: p.tag}
}

func (o *writer) send(b []byte) error {
	_, err := o.w.Write(b)
	return errors.Join(err, o.control.Flush())
}

func (o *writer) print(format string, a ...any) error { return o.send(fmt.Appendf(nil, format, a...)) }

func (o *writer) show(l line) shown {
	s := shown{
		Number: l.number, Name: l.name, Tag: l.tag, Text: l.text, Hue: hue(l.tag),
		Pause: pause(o.last, l.at), Me: l.tag == o.me,
	}
	o.last = l.at
	return s
}

// htmlReader writes lines into a page.
type htmlReader struct {
	*writer
	line *template.Template
}

func (o *htmlReader) begin(page *template.Template, with log) error {
	var b bytes.Buffer
	if err := page.Execute(&b, with); err != nil {
		return err
	}
	return o.send(b.Bytes())
}

func (o *htmlReader) lines(all []line) error {
	var b bytes.Buffer
	for _, l := range all {
		if err := o.line.Execute(&b, o.show(l)); err != nil {
			return err
		}
	}
	return o.send(b.Bytes())
}

func (o *htmlReader) beat(int) error { return o.print("\n") }

// eventReader writes lines as events.
type eventReader struct{ *writer }

func (o *eventReader) lines(all []line) error {
	var b bytes.Buffer
	for _, l := range all {
		body, err := json.Marshal(o.show(l))
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "id: %d\ndata: %s\n\n", l.number, body)
	}
	return o.send(b.Bytes())
}

func (o *eventReader) beat(here int) error { return o.print("event: here\ndata: %d\n\n", here) }
