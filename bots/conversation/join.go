package conversation

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"onionbot/bots"
	"onionbot/services"
)

// Parts of one message come as events of their own: an album, a text that was
// too long. Each is stored by itself; they are joined when the first one's
// turn comes and no more has arrived for a moment. All is worked out from the
// stored events, so after a crash it comes out the same.

const (
	// quiet is how long nothing more may have arrived for the parts to be all.
	quiet = 2 * time.Second
	// longestJoin is how long parts are waited for at most, after the first.
	longestJoin = 10 * time.Second
	// together is how far apart, by the network's clock, the pieces of a text
	// that was cut may have been sent.
	together = 3 * time.Second
)

// head splits a sender's queue into the jobs that make the first message and
// the rest, and tells how long to wait for more of it; 0 for not at all.
func (b *inbox) head(queue []job, now time.Time) (first, rest []job, wait time.Duration) {
	first, rest = queue[:1], queue[1:]
	m := queue[0].msg
	switch {
	case m.Group != "":
		first, rest = groupOf(queue)
	case m.Cut != bots.Whole:
		first, rest = b.textOf(queue)
	}
	if last := first[len(first)-1].msg; last.Group == "" && last.Cut == bots.Whole || !b.hub.o.Router.knows(m) {
		return first, rest, 0
	}
	return first, rest, b.missingFor(first, now)
}

// missingFor is how long more may still arrive. What was stored before this
// process began may have parts that wait at the network.
func (b *inbox) missingFor(parts []job, now time.Time) time.Duration {
	began, last := parts[0].in.ReceivedAt, parts[0].in.ReceivedAt
	for _, p := range parts {
		if p.in.ReceivedAt.After(last) {
			last = p.in.ReceivedAt
		}
	}
	if b.began.After(last) {
		began, last = b.began, b.began
	}
	wait := min(quiet-now.Sub(last), longestJoin-now.Sub(began))
	return min(max(wait, 0), quiet) // a clock that was set back makes nobody wait longer
}

// groupOf takes all parts of the first job's group out of the queue.
func groupOf(queue []job) (parts, rest []job) {
	for _, j := range queue {
		if j.msg.Group == queue[0].msg.Group {
			parts = append(parts, j)
		} else {
			rest = append(rest, j)
		}
	}
	return parts, rest
}

// textOf takes the pieces of a text that was cut out of the queue.
func (b *inbox) textOf(queue []job) (pieces, rest []job) {
	n := 1
	for n < len(queue) && queue[n-1].msg.Cut != bots.Whole && b.continues(queue[n-1].msg, queue[n].msg) {
		n++
	}
	return queue[:n], queue[n:]
}

// continues reports whether next is the rest of m, not a message of its own.
func (b *inbox) continues(m, next *bots.Message) bool {
	switch {
	case next.Text == "" || len(next.Attachments) > 0 || next.Unsupported != "" || next.Public != m.Public:
		return false
	case next.SentAt.Sub(m.SentAt).Abs() > together:
		return false
	}
	return m.Cut == bots.Hard || !b.hub.o.Router.understands(next)
}

// join makes one message of the jobs; the first one's answer is everybody's.
func join(jobs []job) job {
	whole := *jobs[0].msg
	if len(jobs) == 1 {
		return jobs[0]
	}
	whole.Parts, whole.Spans = nil, slices.Clone(whole.Spans)
	for _, j := range jobs {
		whole.Parts = append(whole.Parts, j.in)
	}
	if whole.Group != "" {
		joinGroup(&whole, jobs)
	} else {
		for i, j := range jobs[1:] {
			whole.Text = glue(whole.Text, j.msg.Text, jobs[i].msg.Cut)
			whole.Spans = append(whole.Spans, bots.Shift(j.msg.Spans, len(whole.Text)-len(j.msg.Text))...)
		}
		whole.Cut = jobs[len(jobs)-1].msg.Cut
	}
	out := job{in: jobs[0].in, msg: &whole}
	for _, j := range jobs[1:] {
		out.also = append(out.also, j.in)
	}
	return out
}

// joinGroup collects the files of an album. The first words are the
// command; others describe the file that they stand on.
func joinGroup(whole *bots.Message, jobs []job) {
	whole.Attachments, whole.Text, whole.Spans, whole.Unsupported = nil, "", nil, ""
	var useless []string
	for _, j := range jobs {
		files := append([]bots.Attachment(nil), j.msg.Attachments...)
		switch {
		case j.msg.Text == "":
		case whole.Text == "":
			whole.Text, whole.Spans = j.msg.Text, j.msg.Spans
		case len(files) == 1 && files[0].Description == "":
			files[0].Description = j.msg.Text
		default:
			whole.Text += "\n" + j.msg.Text
			whole.Spans = append(whole.Spans, bots.Shift(j.msg.Spans, len(whole.Text)-len(j.msg.Text))...)
		}
		if len(whole.Quoted) == 0 {
			whole.Quoted, whole.QuotedGroup = j.msg.Quoted, j.msg.QuotedGroup
		}
		if j.msg.Unsupported != "" {
			useless = append(useless, j.msg.Unsupported)
		}
		whole.Attachments = append(whole.Attachments, files...)
	}
	if len(whole.Attachments) == 0 {
		whole.Unsupported, whole.Text = useless[0], ""
		return
	}
	whole.Missing = append(whole.Missing, useless...)
}

// glue puts the pieces of a text together again. Where apps cut between lines
// or words they drop the space: a piece that goes on in small letters after a
// letter or a comma goes on in the same line.
func glue(a, b string, cut bots.Cut) string {
	if cut == bots.Hard {
		return a + b
	}
	last, _ := utf8.DecodeLastRuneInString(a)
	first, _ := utf8.DecodeRuneInString(b)
	if (unicode.IsLetter(last) || last == ',' || last == ';') && unicode.IsLower(first) {
		return a + " " + b
	}
	return strings.TrimRight(a, "\n") + "\n" + b
}

// ins are the events that a job is made of.
func (j job) ins() []services.Incoming { return append([]services.Incoming{j.in}, j.also...) }
