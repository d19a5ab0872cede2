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
	case "mo", "month", "months":
		return 30 * 24 * time.Hour
	}
	return 0
}

// number is a number that is written out; 0 if it is none.
func number(w string) float64 {
	switch w {
	case "a", "an", "one":
		return 1
	case "fifteen":
		return 15
	case "twenty":
		return 20
	case "thirty":
		return 30
	case "forty":
		return 40
	case "fifty":
		return 50
	case "sixty":
		return 60
	case "ninety":
		return 90
	}
	for n, name := range []string{"two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"} {
		if w == name {
			return float64(n + 2)
		}
	}
	return 0
}

// duration reads as many words as make up a duration: "1h30m", "2 hours",
// "an hour and 30 min". It reports how many words it took; 0 with a
// [services.CodeBadDuration] if the first ones are none.
func duration(words []string) (time.Duration, int, error) {
	var sum, last time.Duration // last is the unit that was read last
	used := 0
	for used < len(words) {
		at := used
		if used > 0 && words[at] == "and" {
			at++
		}
		d, n, ok := span(words[at:])
		if used > 0 && !ok {
			d, n, ok = rest(words[at:], last)
		}
		if !ok {
			break
		}
		sum += d
		used = at + n
		last = lastUnit(words[used-1])
		if sum > tooLongToMean {
			return 0, 0, services.E(services.CodeBadDuration, "word", strings.Join(words[:used], " "), "why", "long")
		}
	}
	sum = sum.Truncate(time.Second)
	if used == 0 || sum <= 0 {
		most := max(used, 1)
		if used == 0 && len(words) > 0 && number(words[0]) > 0 { // "a while"
			most = 2
		}
		return 0, 0, badDuration(words[:min(most, len(words))])
	}
	return sum, used, nil
}

// rest reads what may follow an amount without a unit of its own: "an hour and
// a half", "1h 30".
func rest(words []string, unit time.Duration) (d time.Duration, used int, ok bool) {
	switch {
	case unit == 0 || len(words) == 0:
	case words[0] == "half":
		return unit / 2, 1, true
	case words[0] == "a" && len(words) > 1 && words[1] == "half":
		return unit / 2, 2, true
	case unit == time.Hour && !visits(words):
		if n, two := small(words[0]); two && n < 60 {
			return time.Duration(n) * time.Minute, 1, true
		}
	}
	return 0, 0, false
}

// readsAsTime reports whether a name behind an amount would be taken for more
// of it.
func readsAsTime(name string) bool {
	_, _, more := rest([]string{name}, time.Hour)
	_, amount := joined(name)
	return more || amount || name == "and" || number(name) > 0
}

// lastUnit is the unit that a word of an amount ends with.
func lastUnit(w string) time.Duration { return unit(strings.TrimLeft(w, "+0123456789.,")) }

func badDuration(words []string) error {
	return services.E(services.CodeBadDuration, "word", strings.Join(words, " "))
}

// span reads one amount with its unit, in one word or in two.
func span(words []string) (d time.Duration, used int, ok bool) {
	if len(words) == 0 {
		return 0, 0, false
	}
	at := func(i int) string {
		if i < len(words) {
			return words[i]
		}
		return ""
	}
	switch n := number(words[0]); {
	case words[0] == "half" && (at(1) == "an" || at(1) == "a") && unit(at(2)) > 0:
		return unit(at(2)) / 2, 3, true
	case words[0] == "half" && unit(at(1)) > 0:
		return unit(at(1)) / 2, 2, true
	case n == 1 && at(1) == "couple" && at(2) == "of" && unit(at(3)) > 0:
		return 2 * unit(at(3)), 4, true
	case n == 1 && at(1) == "half" && unit(at(2)) > 0:
		return unit(at(2)) / 2, 3, true
	case n > 0 && unit(at(1)) > 0:
		return times(n, unit(at(1))), 2, true
	case n > 0 && at(1) == "and" && at(2) == "a" && at(3) == "half" && unit(at(4)) > 0:
		return times(n+0.5, unit(at(4))), 5, true
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
	var sum, last time.Duration
	if w = strings.TrimPrefix(w, "+"); w == "" {
		return 0, false
	}
	for w != "" {
		digits := len(w) - len(strings.TrimLeft(w, "0123456789.,"))
		if n, two := small(w); two && last == time.Hour && len(w) == 2 && n < 60 { // "2h30"
			return sum + time.Duration(n)*time.Minute, true
		}
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
		w, last = w[letters:], u
	}
	return sum, true
}

// amount reads a plain decimal number, as people write one.
func amount(w string) (float64, bool) {
	w = strings.TrimPrefix(w, "+")
	if strings.Count(w, ",") == 1 && !strings.Contains(w, ".") {
		w = strings.Replace(w, ",", ".", 1)
	}
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
