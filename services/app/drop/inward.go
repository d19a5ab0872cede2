package drop

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
)

// News is what the bot has not been told yet.
type News struct {
	Boot  string `json:"boot"` // numbers begin anew with another one
	Drops []Told `json:"drops"`
}

// Told is a drop as the bot hears of it: numbers only, no name.
type Told struct {
	Number int   `json:"number"`
	Note   bool  `json:"note,omitempty"`
	Sizes  []int `json:"sizes"` // of its files, the note included, in bytes; file n is Sizes[n-1]
}

// Inward is what the bot may ask.
//
//	GET  /news            the drops that it has not been told
//	POST /told/{number}   it knows them up to this one
//	GET  /files/{d}/{n}   the name of file n of drop d, a newline, and the file
func (b *Box) Inward() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /news", b.tellNews)
	mux.HandleFunc("POST /told/{number}", func(w http.ResponseWriter, r *http.Request) {
		number, err := strconv.Atoi(r.PathValue("number"))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.told = max(b.told, min(number, b.last))
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /files/{d}/{n}", b.handOut)
	return mux
}

func (b *Box) tellNews(w http.ResponseWriter, _ *http.Request) {
	news := News{Boot: b.boot, Drops: []Told{}}
	b.mu.Lock()
	for _, d := range b.drops {
		if d.number <= b.told {
			continue
		}
		t := Told{Number: d.number, Note: hasNote(d.files)}
		for _, f := range d.files {
			t.Sizes = append(t.Sizes, int(f.size))
		}
		news.Drops = append(news.Drops, t)
	}
	b.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(news) // to a socket: who is gone asks again
}

func (b *Box) handOut(w http.ResponseWriter, r *http.Request) {
	d, _ := strconv.Atoi(r.PathValue("d"))
	n, _ := strconv.Atoi(r.PathValue("n"))
	f, ok := b.find(d, n)
	if !ok {
		http.NotFound(w, r)
		return
	}
	in, err := os.Open(f.path)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer in.Close()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.FormatInt(int64(len(f.name)+1)+f.size, 10))
	fmt.Fprintln(w, f.name)
	_, _ = io.Copy(w, in)
}
