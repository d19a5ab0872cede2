// Package chat is a room in a page: pick a name, read, write. It works without
// scripts, by a page that goes on loading, and with them, by an event stream.
// Everything is in memory and bounded; nothing is written anywhere.
//
// # Who is who
//
// A visitor has no address: all come over one socket. A cookie that the room
// has signed ([pass]) holds a name and a tag, so that entering costs the room
// no memory. A cookie rather than a token in the path, because a room is
// shared by copying its address, and a token in it would hand over one's name.
// It is SameSite=Strict, and every form carries a word that belongs to it: no
// other site can make a visitor say anything. Tags are the room's, never twice
// in use, and stand behind every name: a name can be imitated, a tag cannot.
//
// # A flood
//
// Each visitor has a pace. New ones share one: whoever makes a thousand
// visitors of himself talks no faster than one crowd of newcomers, pushes out
// half of what is kept at most, and takes no place from people who have talked.
package chat

import (
	"crypto/rand"
	"net/http"
	"sync"
	"time"
)

// Options are what a room is told.
type Options struct {
	// Until says in words when the room ends; nil or "" if that is not known.
	Until func() string
}

// Room is one chat room.
type Room struct {
	until func() string
	key   [32]byte // signs the passes; not kept, as nothing is
	mux   *http.ServeMux
	pages pages

	mu      sync.Mutex
	lines   []line
	last    int           // number of the last line
	changed chan struct{} // closed and replaced when a line is added
	people  map[string]*person
	streams map[*stream]struct{}
	crowd   bucket // the newcomers' pace
	whole   bucket // everybody's
}

// New makes an empty room.
func New(o Options) *Room {
	r := &Room{
		until: o.Until, mux: http.NewServeMux(), pages: newPages(), changed: make(chan struct{}),
		people: make(map[string]*person), streams: make(map[*stream]struct{}),
		crowd: bucket{burst: 10, every: 500 * time.Millisecond},
		whole: bucket{burst: 30, every: 100 * time.Millisecond},
	}
	_, _ = rand.Read(r.key[:]) // never fails
	r.mux.HandleFunc("GET /{$}", r.home)
	r.mux.HandleFunc("GET /log", r.logPage)
	r.mux.HandleFunc("GET /events", r.events)
	r.mux.HandleFunc("GET /say", r.sayPage)
	r.mux.HandleFunc("POST /enter", r.enter)
	r.mux.HandleFunc("POST /say", r.say)
	r.mux.HandleFunc("POST /leave", r.leaveRoom)
	r.mux.HandleFunc("/", r.missing)
	return r
}

// ServeHTTP implements [http.Handler].
func (r *Room) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Body != nil {
		req.Body = http.MaxBytesReader(w, req.Body, maxForm)
	}
	r.mux.ServeHTTP(w, req)
}
