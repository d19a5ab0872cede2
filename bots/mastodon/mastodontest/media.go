package mastodontest

import (
	"bytes"
	"cmp"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

// media is an uploaded file.
type media struct {
	id          string
	data        []byte
	description string
	pending     int // polls until it is ready
	File
}

// File is a file on somebody's post.
type File struct {
	Data        []byte
	Kind        string // "image" if empty; "unknown" for what the software cannot show
	Name        string // as the sender called it; Pleroma passes it on
	Description string
	Where       Place
}

// Place is where a file can be had, as software and its settings differ.
type Place int

// The places.
const (
	Here     Place = iota // url; ends with the file's number
	Original              // url; ends with "/original"
	Remote                // url is null, remote_url is on the sender's server
	Nowhere               // neither
)

// PendingMedia makes later uploads ready only after n polls.
func (s *Server) PendingMedia(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pendingPolls = n
}

func (s *Server) addMedia(data []byte, description string) *media {
	m := &media{id: s.next("media"), data: data, description: description}
	s.media[m.id] = m
	return m
}

func (s *Server) mediaJSON(m *media) map[string]any {
	j := map[string]any{
		"id": m.id, "type": cmp.Or(m.Kind, "image"), "url": nil, "preview_url": nil, "remote_url": nil,
		"description": nil, "meta": nil, "blurhash": nil,
	}
	if m.description != "" {
		j["description"] = m.description
	}
	address := s.URL + "/media_files/" + m.id + ".png"
	if m.Kind == "unknown" {
		address = s.URL + "/media_files/" + m.id + path.Ext(m.Name)
	}
	if m.Where == Original {
		address = s.URL + "/media_files/" + m.id + "/original"
	}
	if s.flavour == Pleroma && m.Name != "" {
		address += "?name=" + url.QueryEscape(m.Name)
	}
	switch {
	case m.pending > 0, m.Where == Nowhere:
	case m.Where == Remote:
		j["remote_url"] = address
	default:
		j["url"] = address
	}
	return j
}

func (s *Server) uploadMedia(w http.ResponseWriter, r *http.Request) {
	f, _, err := r.FormFile("file")
	if err != nil {
		fail(w, http.StatusUnprocessableEntity, "Validation failed: File can't be blank")
		return
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil || !bytes.HasPrefix(data, []byte("\x89PNG")) {
		fail(w, http.StatusUnprocessableEntity, "Validation failed: File content type is invalid")
		return
	}
	m := s.addMedia(data, r.FormValue("description"))
	m.pending = s.pendingPolls
	if m.pending > 0 {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusAccepted)
	}
	answer(w, s.mediaJSON(m))
}

// mediaStatus is 206 until the file is ready.
func (s *Server) mediaStatus(w http.ResponseWriter, id string) {
	m := s.media[id]
	if m == nil {
		fail(w, http.StatusNotFound, "Record not found")
		return
	}
	if m.pending > 0 {
		m.pending--
	}
	if m.pending > 0 {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusPartialContent)
	}
	answer(w, s.mediaJSON(m))
}

// serveMedia is the media host: a request with the token is a leak.
func (s *Server) serveMedia(w http.ResponseWriter, r *http.Request, name string) {
	if r.Header.Get("Authorization") != "" {
		s.t.Errorf("mastodontest: the token was sent to the media host")
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/media_files/"), "/")
	m := s.media[strings.TrimSuffix(id, path.Ext(id))]
	if m == nil {
		notAPI(w)
		return
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(m.data))
}
