package docker

import (
	"encoding/binary"
	"os"
	"sync"
	"syscall"
	"time"

	"onionbot/services/shim"
)

// reportsPause is the least time between two looks at what apps have told: one
// that never stops telling costs little.
const reportsPause = 50 * time.Millisecond

// reports notices when an app has told something: its shim has written it into
// the report, and the kernel says so. Where the kernel cannot (nil), it is seen
// when somebody looks.
type reports struct {
	kernel *os.File

	mu        sync.Mutex
	watched   map[int32]watchedReport
	listeners map[int]func(id string)
	next      int
}

// watchedReport is one instance's.
type watchedReport struct {
	id   string
	l    layout
	last shim.Report
}

func openReports() (*reports, error) {
	fd, err := syscall.InotifyInit1(syscall.IN_CLOEXEC | syscall.IN_NONBLOCK)
	if err != nil {
		return nil, err
	}
	return &reports{
		kernel: os.NewFile(uintptr(fd), "inotify"), watched: make(map[int32]watchedReport), listeners: make(map[int]func(string)),
	}, nil
}

// listen has notify called with the instances whose apps have told something,
// until the returned function is called.
func (w *reports) listen(notify func(id string)) (stop func()) {
	if w == nil {
		return func() {}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next++
	mine := w.next
	w.listeners[mine] = notify
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.listeners, mine)
	}
}

// watch begins to watch the instance's report, if its app can tell anything.
func (w *reports) watch(l layout, id string) {
	last := l.recall()
	if w == nil || !last.Events {
		return
	}
	raw, err := w.kernel.SyscallConn()
	if err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = raw.Control(func(fd uintptr) {
		// The kernel gives the same number again for a file that is watched.
		if n, err := syscall.InotifyAddWatch(int(fd), l.report(), syscall.IN_MODIFY); err == nil {
			w.watched[int32(n)] = watchedReport{id: id, l: l, last: last}
		}
	})
}

// run hands on what the kernel says until close.
func (w *reports) run() {
	if w == nil {
		return
	}
	buf := make([]byte, 16<<10)
	for {
		n, err := w.kernel.Read(buf)
		if err != nil {
			return
		}
		for _, id := range w.changed(buf[:n]) {
			w.mu.Lock()
			all := make([]func(string), 0, len(w.listeners))
			for _, tell := range w.listeners {
				all = append(all, tell)
			}
			w.mu.Unlock()
			for _, tell := range all {
				tell(id)
			}
		}
		time.Sleep(reportsPause)
	}
}

// changed are the instances whose apps have told something, by the kernel's
// events. Another visit of one that counts connections is nothing told.
func (w *reports) changed(events []byte) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var ids []string
	for len(events) >= syscall.SizeofInotifyEvent {
		n := int32(binary.NativeEndian.Uint32(events))
		mask, size := binary.NativeEndian.Uint32(events[4:]), binary.NativeEndian.Uint32(events[12:])
		events = events[min(len(events), syscall.SizeofInotifyEvent+int(size)):]
		one, known := w.watched[n]
		switch {
		case !known:
			continue
		case mask&syscall.IN_IGNORED != 0: // the file is gone
			delete(w.watched, n)
			continue
		}
		now := one.l.recall()
		if now.News != one.last.News || now.ByEvents && now.Visits != one.last.Visits {
			ids = append(ids, one.id)
		}
		one.last = now
		w.watched[n] = one
	}
	return ids
}

func (w *reports) close() {
	if w != nil {
		_ = w.kernel.Close()
	}
}

// watchAll watches what earlier lives of the bot have started.
func (r *Runtime) watchAll() {
	ids, err := r.listDirs()
	if err != nil {
		return
	}
	for _, id := range ids {
		r.reports.watch(r.layout(id), id)
	}
}
