// Command plot reads the raw output of the benchmarks and writes the tables and
// the growth plot of the documentation:
//
//	go run ./bench/plot docs/bench/2026-11-25.txt docs/performance.md docs/bench/growth.svg
//
// In the document it replaces what stands between the lines
// "<!-- figures -->", "<!-- growth -->" and the next "<!-- end -->".
package main

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: plot RAW DOCUMENT SVG")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "plot:", err)
		os.Exit(1)
	}
}

func run(raw, document, svg string) error {
	results, err := read(raw)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(document) //nolint:gosec // named by the caller
	if err != nil {
		return err
	}
	out, err := replace(string(text), "figures", figures(results))
	if err != nil {
		return err
	}
	points := growth(results)
	if out, err = replace(out, "growth", growthTable(points)); err != nil {
		return err
	}
	if err := os.WriteFile(document, []byte(out), 0o644); err != nil { //nolint:gosec // documentation is for everybody
		return err
	}
	return os.WriteFile(svg, []byte(draw(points)), 0o644) //nolint:gosec // as above
}

// result is the metrics of one benchmark by unit; of several runs, the median.
type result map[string]float64

// read parses Go's benchmark format.
func read(path string) (map[string]result, error) {
	f, err := os.Open(path) //nolint:gosec // named by the caller
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all := map[string]map[string][]float64{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(fields[0], "Benchmark"), "-")
		if all[name] == nil {
			all[name] = map[string][]float64{}
		}
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			all[name][fields[i+1]] = append(all[name][fields[i+1]], value)
		}
	}
	out := map[string]result{}
	for name, metrics := range all {
		out[name] = result{}
		for unit, values := range metrics {
			slices.Sort(values)
			out[name][unit] = values[len(values)/2]
		}
	}
	return out, lines.Err()
}

// replace exchanges what stands between the mark and the next end.
func replace(text, mark, with string) (string, error) {
	open := "<!-- " + mark + " -->\n"
	start := strings.Index(text, open)
	if start < 0 {
		return "", fmt.Errorf("the document has no %q", strings.TrimSpace(open))
	}
	start += len(open)
	end := strings.Index(text[start:], "<!-- end -->")
	if end < 0 {
		return "", fmt.Errorf("%q has no end", mark)
	}
	return text[:start] + "\n" + with + "\n" + text[start+end:], nil
}
