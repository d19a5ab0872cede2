package shim

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

// ErrDeadline says that a deadline file does not hold a deadline.
var ErrDeadline = errors.New("the deadline file does not hold a time in unix milliseconds")

// maxDeadline is the latest time that is taken for a deadline: 2200-01-01.
const maxDeadline = 7_258_118_400_000

// FormatDeadline is what a deadline file holds.
func FormatDeadline(at time.Time) []byte {
	return strconv.AppendInt(nil, at.UnixMilli(), 10)
}

// ReadDeadline reads a deadline file. Whatever is not plainly a time is
// [ErrDeadline].
func ReadDeadline(path string) (time.Time, error) {
	f, err := os.Open(path)
	if err != nil {
		return time.Time{}, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 64))
	if err != nil {
		return time.Time{}, err
	}
	return parseDeadline(string(b))
}

func parseDeadline(s string) (time.Time, error) {
	s = strings.TrimSuffix(s, "\n")
	ms, err := strconv.ParseUint(s, 10, 63)
	if err != nil || ms == 0 || ms > maxDeadline {
		return time.Time{}, fmt.Errorf("%w: %q", ErrDeadline, s)
	}
	return time.UnixMilli(int64(ms)), nil
}
