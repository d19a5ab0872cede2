package drop

import (
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	lingerBytes = 32 << 20         // that are let come after a refusal
	lingerTime  = 45 * time.Second // for so long
)

// refuse says why nothing was kept. A browser reads that only once it has sent
// what it is sending, or has come to a pause: what still comes is let come for a
// while, and goes nowhere.
func (b *Box) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var said *refusal
	if !errors.As(err, &said) {
		said = refuse(http.StatusInternalServerError, "It could not be kept.")
	}
	control := http.NewResponseController(w)
	_ = control.EnableFullDuplex()
	w.Header().Set("Connection", "close")
	b.showForm(w, said.status, said.words)
	if control.Flush() != nil || r.Header.Get("Expect") != "" {
		return
	}
	_ = control.SetReadDeadline(time.Now().Add(lingerTime))
	_, _ = io.CopyN(io.Discard, r.Body, lingerBytes)
}
