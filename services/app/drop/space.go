package drop

import (
	"crypto/rand"
	"os"
	"slices"
)

// block is what memory is given out in: a file of one byte uses as much.
const block = 4096

// uses is how much memory so many bytes of a file take.
func uses(size int64) int64 { return (size + block - 1) / block * block }

func newBoot() string { return rand.Text() }

// take takes more space for an upload, and reports false if there is none.
func (b *Box) take(more int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.used+more > b.o.Limits.All {
		return false
	}
	b.used += more
	return true
}

// give gives space back.
func (b *Box) give(back int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= back
}

// full reports whether no further drop is taken.
func (b *Box) full() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.drops) >= b.o.Limits.Drops || b.used+block > b.o.Limits.All
}

// keep makes an upload a drop.
func (b *Box) keep(u *upload) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.drops) >= b.o.Limits.Drops {
		return false
	}
	b.last++
	b.drops = append(b.drops, &drop{number: b.last, files: u.files, at: b.now(), bytes: u.used})
	return true
}

// discard removes files and gives their space back.
func (b *Box) discard(files []file, used int64) {
	for _, f := range files {
		_ = os.Remove(f.path) // in memory: what is not there is gone
	}
	b.give(used)
}

// remove removes a drop.
func (b *Box) remove(number int) {
	b.mu.Lock()
	i := slices.IndexFunc(b.drops, func(d *drop) bool { return d.number == number })
	var gone *drop
	if i >= 0 {
		gone = b.drops[i]
		b.drops = slices.Delete(b.drops, i, i+1)
	}
	b.mu.Unlock()
	if gone != nil {
		b.discard(gone.files, gone.bytes)
	}
}

// list is what is there, newest first.
func (b *Box) list() []*drop {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := slices.Clone(b.drops) // a drop does not change
	slices.Reverse(all)
	return all
}

// find returns a file, and reports false if there is none.
func (b *Box) find(number, n int) (file, bool) {
	for _, d := range b.list() {
		if d.number == number && n >= 1 && n <= len(d.files) {
			return d.files[n-1], true
		}
	}
	return file{}, false
}
