package main

import (
	"fmt"
	"math"
	"strings"
)

// point is one burst.
type point struct {
	onions                   int
	ours, floor, both, rival float64 // seconds
	verified, published      float64
	botMB, torMB             float64
}

func growth(results map[string]result) []point {
	var points []point
	for _, n := range []int{10, 30, 100, 300} {
		r, ok := results[fmt.Sprint("Burst", n)]
		if !ok {
			continue
		}
		points = append(points, point{
			onions: n, ours: r["ns/op"] / 1e9, floor: r["floor-s"], both: r["both-s"], rival: r["rival-s"],
			verified: r["verified"], published: r["rival-published"], botMB: r["bot-MB"], torMB: r["tor-MB/onion"],
		})
	}
	return points
}

func growthTable(points []point) string {
	var b strings.Builder
	b.WriteString("| at once | onionbot, against the floor | against both floors together | verified | one tor, all at once (rival): published within 120 s | bot's memory | tor's memory per onion |\n" +
		"|---|---|---|---|---|---|---|\n")
	for _, p := range points {
		fmt.Fprintf(&b, "| %d | %.2f × | %.2f × | %.0f | %.0f | %.0f MB | %.2f MB |\n",
			p.onions, p.ours/p.floor, p.ours/p.both, p.verified, p.published, p.botMB, p.torMB)
	}
	return b.String()
}

// The plot's size and margins, in pixels.
const (
	width, height = 640, 400
	left, right   = 60, 150
	top, bottom   = 20, 50
)

// draw makes a plot with both axes logarithmic.
func draw(points []point) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", width, height, width, height)
	b.WriteString(`<rect width="100%" height="100%" fill="white"/>` + "\n")
	for _, s := range []float64{1, 3, 10, 30, 100, 300} {
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%g s</text>`+"\n", left, y(s), width-right, left-6, y(s)+4, s)
	}
	for _, n := range []int{10, 30, 100, 300} {
		fmt.Fprintf(&b, `<path d="M%.1f %dV%d" stroke="#eee"/><text x="%.1f" y="%d" text-anchor="middle">%d</text>`+"\n", x(n), top, height-bottom, x(n), height-bottom+18, n)
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">onions started at once</text>`+"\n", (left+width-right)/2, height-12)
	for _, c := range curves() {
		line(&b, points, c)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

type curve struct {
	label, colour string
	value         func(point) float64
}

func curves() []curve {
	return []curve{
		{"onionbot, all verified", "#7d4698", func(p point) float64 { return p.ours }},
		{"floor", "#2a9d4a", func(p point) float64 { return p.floor }},
		{"both floors together", "#888888", func(p point) float64 { return p.both }},
		{"one tor, all at once", "#cc3333", func(p point) float64 { return p.rival }},
	}
}

func line(b *strings.Builder, points []point, c curve) {
	var path []string
	for _, p := range points {
		path = append(path, fmt.Sprintf("%.1f,%.1f", x(p.onions), y(c.value(p))))
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`+"\n", x(p.onions), y(c.value(p)), c.colour)
	}
	fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`+"\n", strings.Join(path, " "), c.colour)
	for i, other := range curves() {
		if other.label == c.label {
			fmt.Fprintf(b, `<text x="%d" y="%d" fill="%s">%s</text>`+"\n", width-right+10, top+20+18*i, c.colour, c.label)
		}
	}
}

func x(onions int) float64 {
	return left + (width-left-right)*math.Log(float64(onions)/8)/math.Log(400.0/8)
}

func y(seconds float64) float64 {
	return top + (height-top-bottom)*(1-math.Log(max(seconds, 0.5)/0.5)/math.Log(400/0.5))
}
