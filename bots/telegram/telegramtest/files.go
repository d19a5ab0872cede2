package telegramtest

import (
	"fmt"
	"net/http"
	"strings"
)

// maxDownload is the largest file that the server hands out, in bytes.
const maxDownload = 20 << 20

type file struct {
	path string
	data []byte
}

// SendFile sends a document with a caption and returns the update's id.
func (s *Server) SendFile(userID int64, name string, content []byte, caption string) int64 {
	return s.sendMedia(userID, caption, documentField(name, len(content)), content)
}

// SendPhoto sends a picture with a caption and returns the update's id.
func (s *Server) SendPhoto(userID int64, content []byte, caption string) int64 {
	return s.sendMedia(userID, caption, photoField(len(content)), content)
}

// Part is a picture or a document of an album.
type Part struct {
	Name    string // "" for a picture
	Data    []byte
	Caption string
}

// SendAlbum sends pictures or documents as one, as apps do: one update each,
// with a media_group_id in common. It returns the updates' ids.
func (s *Server) SendAlbum(userID int64, parts ...Part) (ids []int64) {
	for _, u := range s.Album(userID, parts...) {
		ids = append(ids, s.Push("message", u))
	}
	return ids
}

// Album are the messages of an album, to be pushed one by one.
func (s *Server) Album(userID int64, parts ...Part) (messages []map[string]any) {
	s.change(func() {
		s.albums++
		group := fmt.Sprintf("138%014d", s.albums)
		for _, p := range parts {
			field := documentField(p.Name, len(p.Data))
			if p.Name == "" {
				field = photoField(len(p.Data))
			}
			m := s.media(userID, p.Caption, field, p.Data)
			m["media_group_id"] = group
			messages = append(messages, m)
		}
	})
	return messages
}

// FileMessage is the message of a document, to be changed and pushed.
func (s *Server) FileMessage(userID int64, name string, content []byte, caption string) (m map[string]any) {
	s.change(func() { m = s.media(userID, caption, documentField(name, len(content)), content) })
	return m
}

func documentField(name string, size int) func(id string) (string, any) {
	return func(id string) (string, any) {
		return "document", map[string]any{
			"file_id": id, "file_unique_id": "u" + id, "file_name": name, "file_size": size,
		}
	}
}

func photoField(size int) func(id string) (string, any) {
	return func(id string) (string, any) {
		return "photo", []any{
			map[string]any{"file_id": "thumb", "file_unique_id": "t", "file_size": 10, "width": 90, "height": 90},
			map[string]any{"file_id": id, "file_unique_id": "u" + id, "file_size": size, "width": 800, "height": 800},
		}
	}
}

func (s *Server) sendMedia(userID int64, caption string, field func(id string) (string, any), content []byte) (id int64) {
	s.change(func() { id = s.enqueue("message", s.media(userID, caption, field, content)) })
	return id
}

// media is a message with a file; the lock is held.
func (s *Server) media(userID int64, caption string, field func(id string) (string, any), content []byte) map[string]any {
	fileID := fmt.Sprintf("file%d", len(s.files)+1)
	s.files[fileID] = &file{path: "documents/" + fileID + ".bin", data: content}
	m := s.message(userID, "")
	delete(m, "text")
	if caption != "" {
		m["caption"] = caption
	}
	name, value := field(fileID)
	m[name] = value
	return m
}

// getFile runs under the lock.
func (s *Server) getFile(c *call) reply {
	id := c.args["file_id"]
	f := s.files[id]
	switch {
	case id == "":
		return badRequest("file_id not specified")
	case f == nil:
		return badRequest("wrong file_id or the file is temporarily unavailable")
	case len(f.data) > maxDownload:
		return badRequest("file is too big")
	}
	return reply{OK: true, Result: map[string]any{
		"file_id": id, "file_unique_id": "u" + id, "file_size": len(f.data), "file_path": f.path,
	}}
}

func (s *Server) serveFile(w http.ResponseWriter, path string) {
	s.mu.Lock()
	var data []byte
	for _, f := range s.files {
		if strings.HasPrefix(path, "documents/") && f.path == path {
			data = f.data
		}
	}
	s.calls["download"]++
	s.mu.Unlock()
	if data == nil {
		write(w, notFound)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(data) // the client may be gone
}
