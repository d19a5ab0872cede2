package command

import (
	"strconv"
	"strings"
	"time"

	"onionbot/services"
)

// tooLongToMean bounds a typed duration before any user's limit: what is
// beyond it was not meant.
const tooLongToMean = 10 * 365 * 24 * time.Hour

// unit is the length of a word for a span of time; 0 if it is none.
func unit(w string) time.Duration {
	switch w {
	case "s", "sec", "secs", "second", "seconds":
		return time.Second
	case "m", "min", "mins", "minute", "minutes":
		return time.Minute
	case "h", "hr", "hrs", "hour", "hours":
		return time.Hour
	case "d", "day", "days":
		return 24 * time.Hour
	case "w", "wk", "wks", "week", "weeks":
		return 7 * 24 * time.Hour
	}
	return 0
}

// duration reads as many words as make up a duration: "1h30m", "2 hours",
// "an hour and 30 min". It reports how many words it took; 0 with a
// [services.CodeBadDuration] if the first ones are none.
func duration(words []string) (time.Duration, int, error) {
	var sum time.Duration
	used := 0
	for used < len(words) {
		at := used
		if used > 0 && words[at] == "and" {
			at++
		}
		d, n, ok := span(words[at:])
		if !ok {
			break
		}
		sum += d
		used = at + n
		if sum > tooLongToMean {
			return 0, 0, badDuration(words[:used])
		}
	}
	sum = sum.Truncate(time.Second)
	if used == 0 || sum <= 0 {
		return 0, 0, badDuration(words[:min(max(used, 1), len(words))])
	}
	return sum, used, nil
}

func badDuration(words []string) error {
	return services.E(services.CodeBadDuration, "word", strings.Join(words, " "))
}

// span reads one amount with its unit, in one word or in two.
func span(words []string) (d time.Duration, used int, ok bool) {
	if len(words) == 0 {
		return 0, 0, false
	}
	switch w := words[0]; {
	case len(words) > 2 && w == "half" && (words[1] == "an" || words[1] == "a") && unit(words[2]) > 0:
		return unit(words[2]) / 2, 3, true
	case len(words) > 1 && (w == "a" || w == "an" || w == "one") && unit(words[1]) > 0:
		return unit(words[1]), 2, true
	}
	if d, ok := joined(words[0]); ok {
		return d, 1, true
	}
	if len(words) > 1 && unit(words[1]) > 0 {
		if f, ok := amount(words[0]); ok {
			return times(f, unit(words[1])), 2, true
		}
	}
	return 0, 0, false
}

// joined reads "1h30m".
func joined(w string) (time.Duration, bool) {
	var sum time.Duration
	if w == "" {
		return 0, false
	}
	for w != "" {
		digits := len(w) - len(strings.TrimLeft(w, "0123456789."))
		f, ok := amount(w[:digits])
		if !ok {
			return 0, false
		}
		w = w[digits:]
		letters := len(w) - len(strings.TrimLeft(w, "abcdefghijklmnopqrstuvwxyz"))
		u := unit(w[:letters])
		if u == 0 {
			return 0, false
		}
		sum += times(f, u)
		if sum > tooLongToMean {
			return tooLongToMean + 1, true
		}
		w = w[letters:]
	}
	return sum, true
}

// amount reads a plain decimal number, as people write one.
func amount(w string) (float64, bool) {
	if w == "" || len(w) > 20 || strings.Trim(w, "0123456789.") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(w, 64)
	return f, err == nil
}

func times(f float64, u time.Duration) time.Duration {
	if f > float64(tooLongToMean)/float64(u) {
		return tooLongToMean + 1
	}
	return time.Duration(f * float64(u))
}
