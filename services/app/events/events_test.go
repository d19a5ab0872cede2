package events

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func TestOnlyWhatMeansSomethingIsHeard(t *testing.T) {
	var got Tally
	calls := 0
	text := "count\ncounts\n\ncount\n" + strings.Repeat("x", 10_000) + "count\nnews\nCOUNT\ncount"
	err := Read(strings.NewReader(text), func(t Tally) {
		calls++
		got.Counts += t.Counts
		got.News += t.News
	})
	if !errors.Is(err, io.EOF) || got != (Tally{Counts: 2, News: 1}) {
		t.Errorf("%+v, %v", got, err)
	}
	if calls > 4 {
		t.Errorf("what came at once was handed on in %d parts", calls)
	}
}

func TestWriterThatNobodyListensToDoesNothing(t *testing.T) {
	t.Setenv(EnvPipe, "")
	w := Open()
	w.Tell(Count)
	if w.Left() >= 0 {
		t.Errorf("left %d", w.Left())
	}
}
