package bench

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Plot is a line chart with few points.
type Plot struct {
	Title, X, Y string // Y with its unit
	Lines       []Line
}

// Line is one line of a Plot, its points in rising X.
type Line struct {
	Name   string
	X, Y   []float64
	Dashed bool
}

const (
	plotWidth, plotHeight    = 720, 400
	left, right, top, bottom = 70, 170, 50, 60
)

// palette can be told apart without telling red from green, on light and on dark ground.
var palette = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7"}

// WriteSVG draws the plot. Both axes begin at zero, so that a difference looks as large as it is.
func (p Plot) WriteSVG(out io.Writer) error {
	var b strings.Builder
	maxX, maxY := 0.0, 0.0
	for _, l := range p.Lines {
		if len(l.X) != len(l.Y) || len(l.X) == 0 {
			return fmt.Errorf("line %s has %d X and %d Y", l.Name, len(l.X), len(l.Y))
		}
		maxX, maxY = max(maxX, slices.Max(l.X)), max(maxY, slices.Max(l.Y))
	}
	stepX, stepY := tickDistance(maxX), tickDistance(maxY)
	maxX, maxY = math.Ceil(maxX/stepX)*stepX, math.Ceil(maxY/stepY)*stepY
	x := func(v float64) float64 { return left + v/maxX*(plotWidth-left-right) }
	y := func(v float64) float64 { return plotHeight - bottom - v/maxY*(plotHeight-top-bottom) }

	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" `+
		`font-size="13" role="img" aria-label=%q>`+"\n", plotWidth, plotHeight, escape(p.Title))
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(&b, `<text x="%d" y="26" font-size="16">%s</text>`+"\n", left, escape(p.Title))
	for v := 0.0; v <= maxY+stepY/2; v += stepY {
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n",
			left, y(v), plotWidth-right, left-8, y(v)+4, tickLabel(v))
	}
	for v := 0.0; v <= maxX+stepX/2; v += stepX {
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n",
			x(v), plotHeight-bottom+20, tickLabel(v))
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">%s</text>`+"\n",
		(left+plotWidth-right)/2, plotHeight-14, escape(p.X))
	fmt.Fprintf(&b, `<text transform="rotate(-90)" x="%d" y="18" text-anchor="middle">%s</text>`+"\n",
		-(top+plotHeight-bottom)/2, escape(p.Y))
	for i, l := range p.Lines {
		colour, dash := palette[i%len(palette)], ""
		if l.Dashed {
			dash = ` stroke-dasharray="6 4"`
		}
		var points []string
		for j := range l.X {
			points = append(points, fmt.Sprintf("%.1f,%.1f", x(l.X[j]), y(l.Y[j])))
			fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`+"\n", x(l.X[j]), y(l.Y[j]), colour)
		}
		fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"%s/>`+"\n",
			strings.Join(points, " "), colour, dash)
		fmt.Fprintf(&b, `<path d="M%d %dh24" stroke="%s" stroke-width="2"%s/><text x="%d" y="%d">%s</text>`+"\n",
			plotWidth-right+14, top+10+22*i, colour, dash, plotWidth-right+44, top+14+22*i, escape(l.Name))
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(out, b.String())
	return err
}

// tickDistance returns a round distance that gives four to ten ticks up to top.
func tickDistance(top float64) float64 {
	if top <= 0 {
		return 1
	}
	unit := math.Pow(10, math.Floor(math.Log10(top)))
	for _, part := range []float64{0.1, 0.2, 0.25, 0.5, 1} {
		if top/(unit*part) <= 8 {
			return unit * part
		}
	}
	return 2 * unit
}

// tickLabel formats a number of an axis, with thousands separated.
func tickLabel(v float64) string {
	if v >= 1000 {
		return fmt.Sprintf("%d,%03d", int(v)/1000, int(v)%1000)
	}
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", v), "0"), ".")
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}
