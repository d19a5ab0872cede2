package share

import (
	"slices"
	"sync"
)

// tally counts complete downloads of everything.
//
// What was delivered is known for each thing that can be downloaded, by its
// bytes. An answer that went to Tor to its last byte was delivered. One that
// broke off was delivered up to where somebody asks to go on: that is how a
// download which is resumed says how far it had come, and who has nothing of
// the beginning does not ask for the end alone. When every byte of the archive
// was delivered, that is one complete download; when every file was, that is
// one as well.
type tally struct {
	count func() // tells the shim

	mu    sync.Mutex
	left  int           // counts that the rules still allow; negative: any number
	over  chan struct{} // closed when none is left
	rev   *revision     // what is counted; with another one it begins anew
	whole *item         // the archive
	files []*item
}

// item is one thing that can be downloaded.
type item struct {
	size   int64
	got    []span // delivered
	broken []span // sent, and perhaps not delivered
	done   bool   // a file that was delivered since the last complete download
}

// span is bytes from an offset up to another.
type span struct{ from, to int64 }

func newTally(left int, count func()) *tally {
	t := &tally{left: left, count: count, over: make(chan struct{})}
	if left == 0 {
		close(t.over)
	}
	return t
}

// isOver reports whether the last download that the rules allow is complete.
func (t *tally) isOver() bool {
	select {
	case <-t.over:
		return true
	default:
		return false
	}
}

// remaining is how many complete downloads the rules still allow; negative
// for any number.
func (t *tally) remaining() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.left
}

// archive and file are the items of a revision.
func (t *tally) archive(r *revision, size int64) *item {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.turnTo(r)
	t.whole.size = size
	return t.whole
}

func (t *tally) file(r *revision, i int) *item {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.turnTo(r)
	return t.files[i]
}

func (t *tally) turnTo(r *revision) {
	if t.rev == r {
		return
	}
	t.rev, t.whole, t.files = r, &item{}, make([]*item, len(r.files))
	for i, f := range r.files {
		t.files[i] = &item{size: f.size, done: f.size == 0}
	}
}

// resume notes that a download goes on from an offset.
func (t *tally) resume(i *item, at int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, b := range i.broken {
		if b.from <= at && at <= b.to {
			i.got = join(i.got, span{b.from, at})
		}
	}
}

// ended notes how an answer ended that held these bytes.
func (t *tally) ended(i *item, sent []span, delivered bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !delivered {
		const most = 64 // of what broke off; who resumes does so soon
		i.broken = append(i.broken, sent...)
		i.broken = i.broken[max(0, len(i.broken)-most):]
		return
	}
	for _, s := range sent {
		i.got = join(i.got, s)
	}
	if len(sent) == 0 || !i.complete() {
		return
	}
	i.got, i.broken = nil, nil
	switch {
	case i == t.whole:
		t.one()
	case slices.Contains(t.files, i): // and not of an earlier revision
		i.done = true
		if !slices.ContainsFunc(t.files, func(i *item) bool { return !i.done }) {
			for _, f := range t.files {
				f.done = f.size == 0
			}
			t.one()
		}
	}
}

// one counts a complete download.
func (t *tally) one() {
	if t.left == 0 {
		return
	}
	t.count()
	if t.left--; t.left == 0 {
		close(t.over)
	}
	t.left = max(t.left, -1)
}

func (i *item) complete() bool {
	return len(i.got) == 1 && i.got[0] == (span{0, i.size})
}

// join adds a span to spans that do not touch each other, in order.
func join(all []span, s span) []span {
	if s.from >= s.to {
		return all
	}
	var out []span
	for _, o := range all {
		if o.to < s.from || o.from > s.to {
			out = append(out, o)
			continue
		}
		s.from, s.to = min(s.from, o.from), max(s.to, o.to)
	}
	out = append(out, s)
	slices.SortFunc(out, func(a, b span) int { return int(min(max(a.from-b.from, -1), 1)) })
	const most = 1000
	return out[:min(len(out), most)]
}
