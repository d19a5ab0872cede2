package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"onionbot/bots/console"
)

// screen is an overview as lines.
func screen(o console.Overview) []string {
	var b strings.Builder
	fmt.Fprintf(&b, "onionbot %s  %s  services: %d\n", plainText(o.Version), o.At.Local().Format("2 Jan 15:04:05"), len(o.Instances))
	for _, trouble := range o.Troubles {
		fmt.Fprintf(&b, "Trouble: %s\n", plainText(trouble))
	}
	table(&b, "NAME\tSERVICE\tOWNER\tSTATE\tLEFT\tVISITS", len(o.Instances), "Nothing is running.", func(n int) []any {
		i := o.Instances[n]
		row := []any{i.Name, i.Service, i.Owner, i.State, left(i.Until.Sub(o.At)), i.Visits}
		if i.Address != "" {
			row = append(row, i.Address)
		}
		return row
	})
	table(&b, "TOR\tSTATE\tADDRESSES", len(o.Tors), "There is no tor.", func(n int) []any {
		one := o.Tors[n]
		state := "up"
		switch {
		case !one.Answers:
			state = strings.TrimSuffix("does not answer: "+one.Problem, ": ")
		case one.Bootstrap < 100:
			state = fmt.Sprintf("bootstraps, %d%%", one.Bootstrap)
		}
		return []any{one.Name, state, one.Onions}
	})
	table(&b, "NETWORK\tRECEIVED\tSENT\tWAITING\tSTATE", len(o.Networks), "There is no network.", func(n int) []any {
		one := o.Networks[n]
		state := "well"
		if one.Trouble != "" {
			state = one.Trouble
		}
		return []any{one.Name, one.Received, one.Sent, one.Waiting, state}
	})
	table(&b, "LAST ERRORS\tNETWORK\tWHO\tWHAT\tOUTCOME", len(o.Errors), "None.", func(n int) []any {
		e := o.Errors[n]
		return []any{e.At.Local().Format("2 Jan 15:04:05"), e.Network, e.Owner, e.Action, e.Outcome}
	})
	return strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
}

// table writes rows below a heading, or what is to be said without any.
func table(b *strings.Builder, heading string, rows int, none string, row func(n int) []any) {
	b.WriteString("\n")
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, heading)
	for n := range rows {
		var cells []string
		for _, cell := range row(n) {
			cells = append(cells, plainText(fmt.Sprint(cell)))
		}
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	_ = w.Flush()
	if rows == 0 {
		fmt.Fprintln(b, none)
	}
}

// plainText keeps what comes from elsewhere from steering the terminal.
func plainText(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
}

// left is a span as hours and minutes, its seconds in the last ten minutes.
func left(d time.Duration) string {
	switch {
	case d <= 0:
		return "over"
	case d < 10*time.Minute:
		return d.Round(time.Second).String()
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd%02dh", int(d.Hours())/24, int(d.Hours())%24)
}
