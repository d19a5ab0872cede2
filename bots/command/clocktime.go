package command

import (
	"strconv"
	"strings"
	"time"

	"onionbot/services"
)

// moment reads "18:05", "6pm", "6:30 pm", "tomorrow 9:00", "2026-11-24 18:05"
// in the location of now. A time of day that has gone by today means
// tomorrow's.
func moment(words []string, now time.Time) (time.Time, int, error) {
	year, month, day := now.Date()
	date := time.Date(year, month, day, 0, 0, 0, 0, now.Location())
	named, used := false, 0
	if len(words) > 0 {
		if d, ok := dateWord(words[0], date); ok {
			date, named, used = d, true, 1
		}
	}
	if used < len(words) && words[used] == "at" {
		used++
	}
	hour, minute, n, ok := timeOfDay(words[used:])
	if !ok {
		return time.Time{}, 0, badDuration(words[:min(used+1, len(words))])
	}
	used += n
	at := clockTime(date, hour, minute)
	if !named && !at.After(now) {
		at = clockTime(date.AddDate(0, 0, 1), hour, minute)
	}
	if !at.After(now) {
		return time.Time{}, 0, services.E(services.CodeBadDuration, "word", strings.Join(words[:used], " "), "why", "past")
	}
	if at.Sub(now) > tooLongToMean {
		return time.Time{}, 0, badDuration(words[:used])
	}
	return at, used, nil
}

func clockTime(date time.Time, hour, minute int) time.Time {
	y, m, d := date.Date()
	return time.Date(y, m, d, hour, minute, 0, 0, date.Location())
}

func dateWord(w string, today time.Time) (time.Time, bool) {
	switch w {
	case "today":
		return today, true
	case "tomorrow":
		return today.AddDate(0, 0, 1), true
	}
	d, err := time.ParseInLocation("2006-01-02", w, today.Location())
	return d, err == nil
}

// timeOfDay reads a time on the clock from one word or two.
func timeOfDay(words []string) (hour, minute, used int, ok bool) {
	if len(words) == 0 {
		return 0, 0, 0, false
	}
	switch words[0] {
	case "noon":
		return 12, 0, 1, true
	case "midnight":
		return 0, 0, 1, true
	}
	w, half, used := words[0], "", 1
	for _, h := range []string{"am", "pm"} {
		if rest, found := strings.CutSuffix(w, h); found {
			w, half = rest, h
		}
	}
	if half == "" && len(words) > 1 && (words[1] == "am" || words[1] == "pm") {
		half, used = words[1], 2
	}
	h, m, colon := strings.Cut(w, ":")
	if !colon && half == "" {
		return 0, 0, 0, false // "18" alone could be anything
	}
	hour, okHour := small(h)
	if colon {
		var okMinute bool
		if minute, okMinute = small(m); !okMinute || len(m) != 2 {
			return 0, 0, 0, false
		}
	}
	if half != "" {
		if hour < 1 || hour > 12 {
			return 0, 0, 0, false
		}
		hour %= 12
		if half == "pm" {
			hour += 12
		}
	}
	return hour, minute, used, okHour && hour <= 23 && minute <= 59
}

// small reads a number of one or two digits.
func small(s string) (int, bool) {
	if len(s) < 1 || len(s) > 2 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}
