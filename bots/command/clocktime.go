package command

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"onionbot/services"
)

// moment reads "18:05", "18.05", "18h", "6pm", "6:30 pm", "tomorrow 9:00",
// "18:00 on friday", "tonight", "2026-11-24 18:05" in the location of now. A
// time of day that has gone by today means tomorrow's, and a weekday the next
// one.
func moment(words []string, now time.Time) (time.Time, int, error) {
	m := momentReader{words: words, now: now}
	year, month, day := now.Date()
	m.today = time.Date(year, month, day, 0, 0, 0, 0, now.Location())
	m.date = m.today
	m.readDate()
	m.skip("at")
	hour, minute, n, ok := timeOfDay(words[m.used:])
	switch {
	case ok:
		m.used += n
		m.readDate()
	case m.tonight: // by itself: until the day is over
		hour, m.date = 0, m.date.AddDate(0, 0, 1)
	default:
		return time.Time{}, 0, badClockTime(words[:min(m.used+1, len(words))])
	}
	at := clockTime(m.date, hour, minute)
	switch {
	case m.weekday && !at.After(now):
		at = clockTime(m.date.AddDate(0, 0, 7), hour, minute)
	case !m.named && !at.After(now):
		at = clockTime(m.date.AddDate(0, 0, 1), hour, minute)
	}
	if !at.After(now) {
		return time.Time{}, 0, services.E(services.CodeBadDuration, "word", strings.Join(words[:m.used], " "), "why", "past")
	}
	if at.Sub(now) > tooLongToMean {
		return time.Time{}, 0, services.E(services.CodeBadDuration, "word", strings.Join(words[:m.used], " "), "why", "long")
	}
	return at, m.used, nil
}

// momentReader walks over the words of a moment.
type momentReader struct {
	words   []string
	now     time.Time
	today   time.Time
	date    time.Time
	named   bool // the day was said
	weekday bool
	tonight bool
	used    int
}

func (m *momentReader) skip(word string) {
	if m.used < len(m.words) && m.words[m.used] == word {
		m.used++
	}
}

// readDate reads a day, before or after the time; not both.
func (m *momentReader) readDate() {
	at := m.used
	if at < len(m.words) && (m.words[at] == "on" || m.words[at] == "next") {
		at++
	}
	if m.named || at >= len(m.words) {
		return
	}
	w := m.words[at]
	date, ok := dateWord(w, m.today)
	for k := range 7 {
		day := strings.ToLower(time.Weekday(k).String())
		if w == day || len(w) >= 3 && w == day[:3] {
			date, ok, m.weekday = m.today.AddDate(0, 0, (k-int(m.today.Weekday())+7)%7), true, true
		}
	}
	if ok {
		m.date, m.named, m.tonight, m.used = date, true, w == "tonight", at+1
	}
}

func badClockTime(words []string) error {
	return services.E(services.CodeBadDuration, "word", strings.Join(words, " "), "why", "clock")
}

func clockTime(date time.Time, hour, minute int) time.Time {
	y, m, d := date.Date()
	return time.Date(y, m, d, hour, minute, 0, 0, date.Location())
}

func dateWord(w string, today time.Time) (time.Time, bool) {
	switch w {
	case "today", "tonight":
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
	clock := len(words) > 1 && slices.Contains([]string{"o'clock", "oclock", "uhr", "h", "hrs"}, words[1])
	if clock {
		used = 2
	} else if strings.Contains(w, ":") {
		w = strings.TrimSuffix(w, "h")
	}
	for _, h := range []string{"am", "pm"} {
		if rest, found := strings.CutSuffix(w, h); found {
			w, half = rest, h
		}
	}
	if half == "" && len(words) > used && (words[used] == "am" || words[used] == "pm") {
		half, used = words[used], used+1
	}
	h, m, colon := cutClock(w)
	if !colon && half == "" && !clock {
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
	return hour, minute, used, okHour && (hour <= 23 && minute <= 59 || hour == 24 && minute == 0)
}

// cutClock cuts a time of day at what stands between hours and minutes: ":",
// "." or "h", which may also stand behind the hour alone.
func cutClock(w string) (hour, minute string, cut bool) {
	for _, mark := range []string{":", ".", "h"} {
		if h, m, ok := strings.Cut(w, mark); ok {
			if m == "" && mark == "h" {
				m = "00"
			}
			return h, m, true
		}
	}
	return w, "", false
}

// small reads a number of one or two digits.
func small(s string) (int, bool) {
	if len(s) < 1 || len(s) > 2 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}
