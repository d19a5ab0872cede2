package drop

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"onionbot/services/app/page"
	"onionbot/services/content/filename"
)

// refusal is a sentence for who wanted to leave something, and its status.
type refusal struct {
	status int
	words  string
}

func (r *refusal) Error() string { return r.words }

func refuse(status int, format string, a ...any) *refusal {
	return &refusal{status, fmt.Sprintf(format, a...) + " Nothing was kept."}
}

// receive takes a drop: all of it or nothing.
func (b *Box) receive(w http.ResponseWriter, r *http.Request) {
	body := r.Body
	err := b.refuseAtOnce(r)
	var u *upload
	if err == nil {
		u, err = b.store(w, r)
	}
	if err != nil {
		r.Body = body
		b.refuse(w, r, err)
		return
	}
	if b.o.News != nil {
		b.o.News()
	}
	b.pages.thanks.Show(w, http.StatusOK, "It has arrived", summary(u.files))
}

// refuseAtOnce refuses what is known to be too much before it has come.
func (b *Box) refuseAtOnce(r *http.Request) error {
	const around = 1 << 20 // of names, types and the note
	switch {
	case b.full():
		return refuse(http.StatusInsufficientStorage, "The box is full.")
	case r.ContentLength > b.o.Limits.Drop+around:
		return b.tooMuch()
	}
	return nil
}

func (b *Box) tooMuch() error {
	return refuse(http.StatusRequestEntityTooLarge, "That is more than %s at once.", page.Size(b.o.Limits.Drop))
}

// store reads the form into files. Unless it succeeds nothing stays of them.
func (b *Box) store(w http.ResponseWriter, r *http.Request) (*upload, error) {
	u, ok := b.begin(w, r)
	if !ok {
		return nil, refuse(http.StatusServiceUnavailable, "Many people are sending something right now. Try again in a minute.")
	}
	kept := false
	defer func() { b.end(u, kept) }()
	r.Body = io.NopCloser(u)
	form, err := r.MultipartReader()
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "That was not sent by the form of this page.")
	}
	for {
		u.head = maxHead
		part, err := form.NextPart()
		u.head = -1
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = b.storePart(u, part)
		}
		if err != nil {
			return nil, b.because(err)
		}
	}
	if len(u.files) == 0 {
		return nil, refuse(http.StatusUnprocessableEntity, "Choose a file, or write a note.")
	}
	if kept = b.keep(u); !kept {
		return nil, refuse(http.StatusInsufficientStorage, "The box is full.")
	}
	return u, nil
}

// because makes a sentence of what has gone wrong.
func (b *Box) because(err error) error {
	var said *refusal
	switch {
	case errors.As(err, &said):
		return err
	case errors.Is(err, syscall.ENOSPC):
		return refuse(http.StatusInsufficientStorage, "The box is full.")
	case errors.Is(err, errSlow), errors.Is(err, os.ErrDeadlineExceeded):
		return refuse(http.StatusRequestTimeout, "It came too slowly.")
	case errors.Is(err, errCut):
		return refuse(http.StatusServiceUnavailable, "Many people are sending something right now. Try again in a minute.")
	}
	return refuse(http.StatusBadRequest, "It broke off.")
}

// storePart takes one field of the form.
func (b *Box) storePart(u *upload, part *multipart.Part) error {
	l := b.o.Limits
	switch {
	case part.FormName() == "file" && part.FileName() != "":
		if countFiles(u.files) >= l.Files {
			return refuse(http.StatusRequestEntityTooLarge, "Those are more than %d files at once.", l.Files)
		}
		name := freeName(part.FileName(), u.files)
		return b.storeFile(u, part, file{name: name}, l.File,
			refuse(http.StatusRequestEntityTooLarge, "“%s” is larger than %s.", name, page.Size(l.File)))
	case part.FormName() == "note" && !hasNote(u.files):
		return b.storeFile(u, part, file{name: noteName, note: true}, int64(l.Note),
			refuse(http.StatusRequestEntityTooLarge, "The note is too long. Send it as a file."))
	}
	n, err := io.Copy(io.Discard, io.LimitReader(part, maxHead))
	if err == nil && n == maxHead {
		err = errHead
	}
	return err
}

// storeFile takes one file. An empty note is none.
func (b *Box) storeFile(u *upload, from io.Reader, f file, most int64, tooLarge *refusal) error {
	f.number = len(u.files) + 1
	f.path = filepath.Join(b.o.Dir, fmt.Sprintf("%d-%d", u.serial, f.number))
	out, err := os.OpenFile(f.path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	u.files = append(u.files, f) // so that it goes whatever happens
	mine := &u.files[len(u.files)-1]
	mine.size, err = b.fill(u, out, from, most, tooLarge)
	if err = errors.Join(err, out.Close()); err != nil {
		return err
	}
	if f.note && mine.size == 0 {
		u.files = u.files[:len(u.files)-1]
		return os.Remove(f.path)
	}
	return nil
}

// fill copies, taking space before it writes.
func (b *Box) fill(u *upload, out io.Writer, from io.Reader, most int64, tooLarge *refusal) (size int64, err error) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if more := uses(size+int64(n)) - uses(size); more > 0 {
			switch {
			case size+int64(n) > most:
				return size, tooLarge
			case u.used+more > b.o.Limits.Drop:
				return size, b.tooMuch()
			case !b.take(more):
				return size, refuse(http.StatusInsufficientStorage, "There is not so much room left in the box.")
			}
			u.used += more
		}
		if size+int64(n) > most {
			return size, tooLarge
		}
		if _, werr := out.Write(buf[:n]); werr != nil {
			return size, werr
		}
		size += int64(n)
		if errors.Is(err, io.EOF) {
			return size, nil
		}
		if err != nil {
			return size, err
		}
	}
}

const (
	noteName = "note.txt"
	maxName  = 120 // bytes of a file's name
)

// freeName is how a file is called, cleaned, and apart from those before it.
func freeName(sent string, others []file) string {
	sent = sent[strings.LastIndexAny(sent, `/\`)+1:]
	name := strings.TrimLeft(filename.Clean(sent, maxName), ".")
	if name == "" {
		name = "file"
	}
	taken := func(name string) bool {
		for _, f := range others {
			if strings.EqualFold(f.name, name) {
				return true
			}
		}
		return strings.EqualFold(name, noteName)
	}
	free := name
	for n := 2; taken(free); n++ {
		free = filename.Another(name, n, maxName)
	}
	return free
}

func countFiles(all []file) (n int) {
	for _, f := range all {
		if !f.note {
			n++
		}
	}
	return n
}

func hasNote(all []file) bool { return countFiles(all) < len(all) }

// summary says what a drop is made of: "One file and a note".
func summary(all []file) string {
	var parts []string
	switch n := countFiles(all); n {
	case 0:
	case 1:
		parts = append(parts, "one file")
	default:
		parts = append(parts, strconv.Itoa(n)+" files")
	}
	if hasNote(all) {
		parts = append(parts, "a note")
	}
	words := strings.Join(parts, " and ")
	return strings.ToUpper(words[:1]) + words[1:]
}
