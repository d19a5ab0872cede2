package shim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sync"
	"syscall"
)

// ReportSize is the size of a report file in bytes. The runtime makes it as
// large as that, so that a disk that fills up later still takes a report.
const ReportSize = 4096

// ErrReport says that a file does not hold a report.
var ErrReport = errors.New("the file does not hold a report of a shim")

// Report is what must outlive the container: the shim writes it into a file
// of the host, on every visit, so that a container that was killed has not
// forgotten its visitors. It holds nothing about them but their number.
type Report struct {
	Visits    int    `json:"visits"`
	Armed     bool   `json:"armed"`
	LastVisit int64  `json:"last_visit,omitempty"` // unix milliseconds, 0 if there was none
	Events    bool   `json:"events,omitempty"`     // the app can tell what happens
	ByEvents  bool   `json:"by_events,omitempty"`  // the visits are what the app has counted
	News      int    `json:"news,omitempty"`       // how often the app has told that there is something new
	Ended     bool   `json:"ended,omitempty"`      // the app ended by itself
	Code      int    `json:"code,omitempty"`       // its exit code then, 128+n after signal n
	Said      string `json:"said,omitempty"`       // its last words, if it ended before it accepted a connection
}

// FormatReport is what a report file holds: one line with a checksum, since a
// reader may come in the middle of a write, then zeros.
func FormatReport(r Report) []byte {
	for {
		body, err := json.Marshal(r)
		if err != nil { // numbers and strings only: it cannot be
			body = []byte("{}")
		}
		line := fmt.Appendf(nil, "%08x %s\n", crc32.ChecksumIEEE(body), body)
		if len(line) <= ReportSize {
			return append(line, make([]byte, ReportSize-len(line))...)
		}
		r.Said = r.Said[:len(r.Said)/2] // escapes made it too long
	}
}

// ReadReport reads a report file, never through a link. What is no whole
// report is [ErrReport].
func ReadReport(path string) (Report, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return Report{}, err
	}
	defer f.Close()
	const tries = 3 // the writer may be at it
	for range tries {
		b := make([]byte, ReportSize)
		n, err := f.ReadAt(b, 0)
		if err != nil && !errors.Is(err, io.EOF) {
			return Report{}, err
		}
		if r, ok := parseReport(b[:n]); ok {
			return r, nil
		}
	}
	return Report{}, ErrReport
}

func parseReport(b []byte) (r Report, ok bool) {
	line, _, ok := bytes.Cut(b, []byte("\n"))
	sum, body, found := bytes.Cut(line, []byte(" "))
	if !ok || !found || string(sum) != fmt.Sprintf("%08x", crc32.ChecksumIEEE(body)) || json.Unmarshal(body, &r) != nil {
		return Report{}, false
	}
	return r, r.Visits >= 0 && r.News >= 0 && r.LastVisit >= 0 && r.LastVisit <= maxDeadline
}

// reporter writes the report. A shim without a file reports to nobody.
type reporter struct {
	mu   sync.Mutex
	file *os.File
	last Report
}

// openReport opens the file that the runtime has made.
func openReport(path string) (*reporter, error) {
	f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW, 0)
	if errors.Is(err, os.ErrNotExist) {
		return &reporter{}, nil
	}
	if err != nil {
		return nil, err
	}
	earlier, err := ReadReport(path)
	return &reporter{file: f, last: earlier}, err
}

// save changes the report and writes it, if there was a change.
func (p *reporter) save(change func(*Report)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	next := p.last
	change(&next)
	if next == p.last {
		return
	}
	p.last = next
	if p.file != nil {
		_, _ = p.file.WriteAt(FormatReport(next), 0)
	}
}
