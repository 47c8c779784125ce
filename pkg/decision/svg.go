package decision

import (
	"fmt"
	"html"
	"io"
	"time"
)

// The measures of the picture, in pixels.
const (
	svgWidth  = 960
	svgLabel  = 330
	svgNote   = 110
	svgRow    = 20
	svgMargin = 16
)

// colours are those of the marks: of the palette that the colour-blind can tell apart (Okabe and
// Ito). Labels and notes say the same.
func colours() map[Mark]string {
	return map[Mark]string{Silence: "#999999", Work: "#0072b2", Failed: "#d55e00", Said: "#009e73", Heard: "#56b4e9", Moment: "#000000", Running: "#e69f00"}
}

// SVG writes charts one below the other as a picture that needs no style sheet and no script.
func SVG(w io.Writer, charts []Chart) {
	height := svgMargin
	for _, c := range charts {
		height += c.height()
	}
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" font-family="sans-serif" font-size="12">`+"\n", svgWidth, height)
	fmt.Fprintf(w, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", svgWidth, height)
	y := svgMargin
	for _, c := range charts {
		c.svg(w, y)
		y += c.height()
	}
	fmt.Fprintln(w, "</svg>")
}

func (c Chart) heading() string {
	text := c.Head + "  " + c.Title
	if c.Moved != "" {
		text += ": " + c.Moved
	}
	return text
}

// height is that of title, axis, rows and a gap.
func (c Chart) height() int { return svgRow * (len(c.Rows) + 3) }

func (c Chart) svg(w io.Writer, y int) {
	label(w, svgMargin, y+14, "start", `font-weight="bold"`, c.heading())
	y += svgRow
	label(w, svgLabel, y+14, "start", `fill="#666666"`, c.span(c.From))
	label(w, svgWidth-svgNote, y+14, "end", `fill="#666666"`, c.span(c.To))
	y += svgRow
	zero := c.x(0)
	fmt.Fprintf(w, `<line x1="%[1]d" y1="%d" x2="%[1]d" y2="%d" stroke="#cccccc"/>`+"\n", zero, y, y+svgRow*len(c.Rows))
	for _, row := range c.Rows {
		label(w, svgMargin, y+14, "start", "", short(row.Label, 48))
		from, to := c.x(row.From), c.x(row.To)
		fmt.Fprintf(w, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s"/>`+"\n", from, y+4, max(to-from, 3), svgRow-8, colours()[row.Mark])
		if row.From < c.From { // it began before the picture does
			label(w, from-3, y+14, "end", "", "…")
		}
		label(w, svgWidth-svgNote+8, y+14, "start", "", row.Note)
		y += svgRow
	}
}

// x is where a moment is.
func (c Chart) x(at time.Duration) int {
	const room = svgWidth - svgNote - svgLabel
	if c.To <= c.From {
		return svgLabel
	}
	return svgLabel + int(float64(max(at, c.From)-c.From)/float64(c.To-c.From)*room)
}

func label(w io.Writer, x, y int, anchor, more, text string) {
	if text != "" {
		fmt.Fprintf(w, `<text x="%d" y="%d" text-anchor="%s" %s>%s</text>`+"\n", x, y, anchor, more, html.EscapeString(text))
	}
}
