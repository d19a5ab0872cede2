// Package drop is a page where people without an account leave files and a
// note for the owner of the address. What they leave is kept in a directory
// that is memory (a bounded tmpfs), and nobody but the owner ever gets any of
// it: under a path that only the owner knows, and through the bot.
//
// # Bounds
//
// A file, a drop, everything together and the number of drops are bounded (see
// [Limits]); what comes beyond is refused with a sentence, and nothing of it
// stays. Space is taken as bytes arrive and given back when an upload breaks
// off, gets too slow or is refused. When too many upload at once, the slowest
// gives way.
package drop

import (
	"crypto/subtle"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Options are what a box is told.
type Options struct {
	Dir    string // where files are kept; empty at first
	Secret string // the owner's path; "" for none
	Limits Limits
	Until  func() string // when it all ends, in words; nil or "" if that is not known
	News   func()        // called when something has arrived; may be nil
}

// Limits bound what is taken. Bytes are what the files use in memory.
type Limits struct {
	File    int64 // bytes of one file
	Drop    int64 // bytes of one drop
	All     int64 // bytes of everything
	Files   int   // in one drop
	Drops   int
	Note    int // bytes of a note
	Uploads int // at the same time
}

// DefaultLimits fit the definition's memory, and what Telegram takes from bots.
func DefaultLimits() Limits {
	return Limits{File: 50e6, Drop: 100e6, All: 200e6, Files: 20, Drops: 200, Note: 32 << 10, Uploads: 16}
}

// Box is one drop box.
type Box struct {
	o     Options
	pages pages
	boot  string // of this life of the box: another one begins to count anew
	now   func() time.Time

	mu      sync.Mutex
	drops   []*drop
	last    int // number of the last drop
	told    int // up to which the bot knows them
	used    int64
	serial  int // of the last upload
	uploads map[*upload]struct{}
}

// drop is what somebody has left.
type drop struct {
	number int
	files  []file
	at     time.Time
	bytes  int64 // that it uses
}

// file is one file of a drop, or its note.
type file struct {
	number int
	name   string
	path   string
	size   int64
	note   bool
}

// New makes an empty box.
func New(o Options) *Box {
	return &Box{o: o, pages: newPages(), boot: newBoot(), now: time.Now, uploads: make(map[*upload]struct{})}
}

// Visitors is what everybody can reach, and under the secret path the owner.
func (b *Box) Visitors() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		first, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		reads := r.Method == http.MethodGet || r.Method == http.MethodHead
		switch {
		case b.o.Secret != "" && subtle.ConstantTimeCompare([]byte(first), []byte(b.o.Secret)) == 1:
			b.owner(w, r, rest)
		case r.URL.Path == "/" && reads:
			b.showForm(w, http.StatusOK, "")
		case r.URL.Path == "/" && r.Method == http.MethodPost:
			b.receive(w, r)
		default:
			b.missing(w)
		}
	})
}

func (b *Box) missing(w http.ResponseWriter) {
	b.pages.missing.Show(w, http.StatusNotFound, "Not here", nil)
}

// ends says when it all ends.
func (b *Box) ends() string {
	if b.o.Until == nil {
		return ""
	}
	return b.o.Until()
}
