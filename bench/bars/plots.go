package main

import (
	"fmt"

	"exthub/bench"
)

func (s samples) cpuPlot() bench.Plot {
	p := bench.Plot{Title: "Server CPU per delivery", X: "viewers", Y: "microseconds"}
	for _, l := range []struct{ name, key string }{
		{"hub, one at a time", "hub %d x1 cpu"}, {"write(2), one", "floor %d x1 cpu"},
		{"hub, 16 in flight", "hub %d x16 cpu"}, {"write(2), 16", "floor %d x16 cpu"},
	} {
		line := bench.Line{Name: l.name, Dashed: l.key[0] == 'f'}
		for _, audience := range audiences {
			if y := s.median(fmt.Sprintf(l.key, audience.size)); y > 0 {
				line.X, line.Y = append(line.X, float64(audience.size)), append(line.Y, y)
			}
		}
		if len(line.X) > 0 {
			p.Lines = append(p.Lines, line)
		}
	}
	return p
}

func (s samples) memoryPlot() bench.Plot {
	p := bench.Plot{Title: "Resident memory of idle sessions", X: "sessions", Y: "MiB more than an empty hub"}
	for _, l := range []struct{ name, key string }{
		{"right after logins", "idle %d rush"}, {"15 s later", "idle %d rss"},
	} {
		line := bench.Line{Name: l.name, X: []float64{0}, Y: []float64{0}}
		for _, n := range sessions {
			if kib := s.median(fmt.Sprintf(l.key, n)); kib > 0 {
				line.X, line.Y = append(line.X, float64(n)), append(line.Y, kib*float64(n)/1024)
			}
		}
		if len(line.X) > 1 {
			p.Lines = append(p.Lines, line)
		}
	}
	return p
}
