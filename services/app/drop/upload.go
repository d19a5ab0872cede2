package drop

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

// How slow an upload may be. Tor is slow, and slower than this nobody is.
const (
	stallTime  = 2 * time.Minute // in which something must come
	slowTime   = time.Minute     // in which slowBytes must come
	slowBytes  = 60 << 10
	longest    = 2 * time.Hour
	settleTime = 20 * time.Second // an upload is not compared with others before
)

var (
	errSlow = errors.New("too slow")
	errCut  = errors.New("it had to give way")
	errHead = errors.New("too much around the files")
)

// maxHead bounds what comes between two files, in bytes: names and types, which
// are held in memory.
const maxHead = 32 << 10

// upload is one that is under way. As a reader it is the request's body.
type upload struct {
	body    io.Reader
	control *http.ResponseController
	serial  int // names its files
	began   time.Time
	now     func() time.Time
	files   []file
	used    int64

	head   int // bytes that may still come before the next file; negative within one
	window time.Time
	inside int64 // bytes of the window

	mu   sync.Mutex
	came int64
	cut  bool
}

// Read implements [io.Reader].
func (u *upload) Read(p []byte) (int, error) {
	now := u.now()
	switch {
	case u.head == 0:
		return 0, errHead
	case u.isCut():
		return 0, errCut
	case now.Sub(u.began) > longest:
		return 0, errSlow
	case now.Sub(u.window) > slowTime:
		if u.inside < slowBytes {
			return 0, errSlow
		}
		u.window, u.inside = now, 0
	}
	if u.head > 0 {
		p = p[:min(len(p), u.head)]
	}
	_ = u.control.SetReadDeadline(now.Add(stallTime))
	n, err := u.body.Read(p)
	if u.head > 0 {
		u.head -= n
	}
	u.inside += int64(n)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.came += int64(n)
	if u.cut {
		err = errCut
	}
	return n, err
}

func (u *upload) isCut() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.cut
}

// giveWay ends the upload.
func (u *upload) giveWay() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.cut = true
	_ = u.control.SetReadDeadline(time.Unix(1, 0))
}

// pace is how fast it has been so far, in bytes per second.
func (u *upload) pace(now time.Time) float64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	return float64(u.came) / now.Sub(u.began).Seconds()
}

// begin takes an upload in. When there are too many, the slowest gives way, if
// it has had its time; false if there is none.
func (b *Box) begin(w http.ResponseWriter, r *http.Request) (*upload, bool) {
	now := b.now()
	u := &upload{body: r.Body, control: http.NewResponseController(w), began: now, window: now, now: b.now, head: maxHead}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.uploads) >= b.o.Limits.Uploads {
		var slowest *upload
		for other := range b.uploads {
			if now.Sub(other.began) >= settleTime && (slowest == nil || other.pace(now) < slowest.pace(now)) {
				slowest = other
			}
		}
		if slowest == nil {
			return nil, false
		}
		slowest.giveWay()
		delete(b.uploads, slowest)
	}
	b.serial++
	u.serial = b.serial
	b.uploads[u] = struct{}{}
	return u, true
}

// end takes note that an upload is over. What was not kept is gone.
func (b *Box) end(u *upload, kept bool) {
	b.mu.Lock()
	delete(b.uploads, u)
	b.mu.Unlock()
	if !kept {
		b.discard(u.files, u.used)
	}
}
