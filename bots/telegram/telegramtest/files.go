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
	return s.sendMedia(userID, caption, func(id string) (string, any) {
		return "document", map[string]any{
			"file_id": id, "file_unique_id": "u" + id, "file_name": name, "file_size": len(content),
		}
	}, content)
}

// SendPhoto sends a picture with a caption and returns the update's id.
func (s *Server) SendPhoto(userID int64, content []byte, caption string) int64 {
	return s.sendMedia(userID, caption, func(id string) (string, any) {
		return "photo", []any{
			map[string]any{"file_id": "thumb", "file_unique_id": "t", "file_size": 10, "width": 90, "height": 90},
			map[string]any{"file_id": id, "file_unique_id": "u" + id, "file_size": len(content), "width": 800, "height": 800},
		}
	}, content)
}

func (s *Server) sendMedia(userID int64, caption string, field func(id string) (string, any), content []byte) (id int64) {
	s.change(func() {
		fileID := fmt.Sprintf("file%d", len(s.files)+1)
		s.files[fileID] = &file{path: "documents/" + fileID + ".bin", data: content}
		m := s.message(userID, "")
		delete(m, "text")
		if caption != "" {
			m["caption"] = caption
		}
		name, value := field(fileID)
		m[name] = value
		id = s.enqueue("message", m)
	})
	return id
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
