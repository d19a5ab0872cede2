package telegramtest

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var tokenShape = regexp.MustCompile(`^[0-9]+:[A-Za-z0-9_-]+$`)

// reply is the envelope of every answer.
type reply struct {
	OK          bool    `json:"ok"`
	Result      any     `json:"result,omitempty"`
	Code        int     `json:"error_code,omitempty"`
	Description string  `json:"description,omitempty"`
	Parameters  *params `json:"parameters,omitempty"`
}

type params struct {
	RetryAfter int `json:"retry_after,omitempty"`
}

func refuse(code int, description string) reply {
	return reply{Code: code, Description: description}
}

func badRequest(description string) reply {
	return refuse(http.StatusBadRequest, "Bad Request: "+description)
}

var notFound = refuse(http.StatusNotFound, "Not Found")

// call is one request for a method.
type call struct {
	method string
	args   map[string]string
	upload map[string]upload
	req    *http.Request
}

type upload struct {
	name string
	data []byte
}

// int reads a number; ok is false if it is missing or none.
func (c *call) int(name string) (n int64, ok bool) {
	n, err := strconv.ParseInt(c.args[name], 10, 64)
	return n, err == nil
}

// serve routes /bot<token>/<method> and /file/bot<token>/<path>.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	path, isFile := strings.CutPrefix(r.URL.Path, "/file")
	rest, ok := strings.CutPrefix(path, "/bot")
	token, method, more := strings.Cut(rest, "/")
	if !ok || !more || method == "" || !tokenShape.MatchString(token) {
		write(w, notFound)
		return
	}
	s.mu.Lock()
	valid := token == s.token && !s.revoked
	if !valid {
		s.calls[method]++
	}
	s.mu.Unlock()
	if !valid {
		write(w, refuse(http.StatusUnauthorized, "Unauthorized"))
		return
	}
	name := method
	if isFile {
		name = "download"
	}
	fault := s.takeFault(name)
	if fault != nil && fault.before(s, w, r) {
		return
	}
	if isFile {
		s.serveFile(w, method)
		return
	}
	c, problem := readCall(method, r)
	answer := problem
	if c != nil {
		answer = s.dispatch(c)
	}
	if fault != nil && fault.after(w) {
		return
	}
	s.record(method, answer)
	write(w, answer)
}

func (s *Server) record(method string, answer reply) {
	refused := answer.Code == http.StatusBadRequest || answer.Code == http.StatusNotFound
	if refused && !strings.Contains(answer.Description, "is not modified") {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.refusals = append(s.refusals, method+": "+answer.Description)
	}
}

func write(w http.ResponseWriter, a reply) {
	w.Header().Set("Content-Type", "application/json")
	if !a.OK {
		w.WriteHeader(a.Code)
	}
	_ = json.NewEncoder(w).Encode(a) // the client may be gone
}

// readCall reads arguments from the query, JSON, a form or multipart.
func readCall(method string, r *http.Request) (*call, reply) {
	c := &call{method: method, args: map[string]string{}, upload: map[string]upload{}, req: r}
	c.addValues(r.URL.Query())
	kind, options, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	body, err := io.ReadAll(io.LimitReader(r.Body, 50<<20))
	if err != nil {
		return nil, badRequest("can't read the request")
	}
	switch kind {
	case "application/json":
		var fields map[string]json.RawMessage
		if string(body) != "null\n" && json.Unmarshal(body, &fields) != nil {
			return nil, badRequest("can't parse JSON object")
		}
		for name, raw := range fields {
			var text string
			if json.Unmarshal(raw, &text) != nil {
				text = string(raw)
			}
			c.args[name] = text
		}
	case "application/x-www-form-urlencoded":
		if form, err := url.ParseQuery(string(body)); err == nil {
			c.addValues(form)
		}
	case "multipart/form-data":
		if !c.addParts(multipart.NewReader(strings.NewReader(string(body)), options["boundary"])) {
			return nil, badRequest("can't parse multipart/form-data")
		}
	}
	return c, reply{}
}

func (c *call) addValues(values url.Values) {
	for name := range values {
		c.args[name] = values.Get(name)
	}
}

// addParts takes a part for a file if it has a file name, be it empty: the
// real server does so too.
func (c *call) addParts(parts *multipart.Reader) bool {
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return true
		}
		if err != nil {
			return false
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return false
		}
		_, options, _ := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
		if name, isFile := options["filename"]; isFile {
			c.upload[part.FormName()] = upload{name: name, data: data}
		} else {
			c.args[part.FormName()] = string(data)
		}
	}
}

// dispatch answers a call.
func (s *Server) dispatch(c *call) reply {
	s.mu.Lock()
	s.calls[c.method]++
	s.mu.Unlock()
	if c.method == "getUpdates" {
		return s.getUpdates(c)
	}
	method := map[string]func(*call) reply{
		"getMe":               s.getMe,
		"setMyCommands":       s.setMyCommands,
		"sendMessage":         s.sendMessage,
		"editMessageText":     s.editMessageText,
		"deleteMessage":       s.deleteMessage,
		"sendPhoto":           s.sendPhoto,
		"sendDocument":        s.sendDocument,
		"answerCallbackQuery": s.answerCallbackQuery,
		"getFile":             s.getFile,
	}[c.method]
	if method == nil {
		return notFound
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.wake()
	return method(c)
}

// sleep waits unless the server or the client ends first.
func (s *Server) sleep(r *http.Request, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.done:
	case <-r.Context().Done():
	}
}
