package console

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// request is one command with the file that goes along.
type request struct {
	text string
	file *upload
}

// upload is a file that was read whole: its size is announced before it.
type upload struct {
	name string
	data []byte
}

// fromStdin is the name of the file that means the input.
const fromStdin = "-"

// maxUpload bounds what is read of a file; the daemon's own limit is lower
// unless somebody raised it.
const maxUpload = 256 << 20

// newRequest reads what a command line names.
func newRequest(words []string, in io.Reader, file string) (request, error) {
	r := request{text: strings.Join(words, " ")}
	switch {
	case r.text == "" && in != nil && file != fromStdin:
		b, err := io.ReadAll(io.LimitReader(in, maxText))
		if err != nil {
			return request{}, err
		}
		r.text = string(b)
	case file == fromStdin && in != nil:
		data, err := readUpload(in)
		if err != nil {
			return request{}, err
		}
		r.add(data)
		return r, nil
	}
	if file == "" || file == fromStdin {
		return r, nil
	}
	data, err := readFile(file)
	if err != nil {
		return request{}, err
	}
	r.file = &upload{name: filepath.Base(file), data: data}
	return r, nil
}

// add takes a page along that has no name: text stands below the command as if
// it had been typed there, anything else is a file named after what it holds.
func (r *request) add(data []byte) {
	kind, _, _ := strings.Cut(http.DetectContentType(data), ";")
	switch {
	case kind == "text/plain" && utf8.Valid(data) && len(data) < maxText:
		r.text += "\n" + string(data)
	case kind == "text/html":
		r.file = &upload{name: "page.html", data: data}
	default:
		r.file = &upload{name: "page." + ending(kind), data: data}
	}
}

// ending is the file name ending of a media type.
func ending(kind string) string {
	switch kind {
	case "image/jpeg":
		return "jpg"
	case "text/plain":
		return "txt"
	}
	_, sub, _ := strings.Cut(kind, "/")
	return strings.TrimPrefix(sub, "x-")
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a folder; send a zip of it", path)
	}
	if err != nil {
		return nil, err
	}
	return readUpload(f)
}

func readUpload(in io.Reader) ([]byte, error) {
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(in, maxUpload+1))
	if err == nil && n > maxUpload {
		err = errors.New("it is too big")
	}
	if err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
