package escape

import (
	"bytes"
	"strings"
	"syscall"
	"testing"
)

// Nothing of this is tried here: the machine that runs the tests is no container.
func TestOnlyTheAnswersThatMeanNoAreClosed(t *testing.T) {
	for _, c := range []struct {
		answer error
		closed []syscall.Errno
		open   bool
	}{
		{syscall.EPERM, nil, false},
		{syscall.ENOSYS, nil, false},
		{syscall.EFAULT, nil, true}, // the kernel has looked at what it was given
		{syscall.EINVAL, nil, true},
		{syscall.ENOENT, nil, true},
		{syscall.ENOENT, absence, false},
		{syscall.EROFS, absence, false},
		{errClosed, nil, false},
		{nil, nil, true},
	} {
		a := attempt{what: "x", try: func() error { return c.answer }, closed: c.closed}
		if f := a.run(); f.Open != c.open {
			t.Errorf("%v: %+v", c.answer, f)
		}
	}
}

func TestFindingsAreReadAsTheyWereWritten(t *testing.T) {
	all, err := Parse("closed\tmount\toperation not permitted\nopen\tmake a file in /\tallowed\n" + end + "\n")
	if err != nil || len(all) != 2 || all[0].Open || !all[1].Open || all[1].What != InPlace("/") {
		t.Errorf("%+v, %v", all, err)
	}
	for _, text := range []string{"", "closed\tmount\tno\n", "closed\tmount\n" + end, "panic: x\n" + end} {
		if all, err := Parse(text); err == nil {
			t.Errorf("%q means %+v", text, all)
		}
	}
}

// Whoever runs this has a right to some of it, and none gets a real answer for
// nothing: opening files of the kernel changes nothing.
func TestFilesThatAreMaskedAreClosed(t *testing.T) {
	var out bytes.Buffer
	for _, a := range []attempt{opens("/dev/null", 0), opens("/proc/self/status", 0), opens("/proc/nowhere", 0)} {
		f := a.run()
		out.WriteString(strings.TrimPrefix(f.What, "read "))
		if f.Open {
			out.WriteString(" open; ")
		} else {
			out.WriteString(" closed; ")
		}
	}
	if got, want := out.String(), "/dev/null open; /proc/self/status open; /proc/nowhere closed; "; got != want {
		t.Errorf("%q", got)
	}
}
