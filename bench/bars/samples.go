package main

import (
	"slices"

	"exthub/bench"
)

// samples are the figures of all rounds, by name.
type samples map[string][]float64

func (s samples) add(name string, value float64) { s[name] = append(s[name], value) }

// addFigures adds figures of a result under a name of their own each.
func (s samples) addFigures(r *bench.Result, names map[string]string) {
	for figure, name := range names {
		if value, ok := r.Figure(figure); ok {
			s.add(name, value)
		}
	}
}

// median returns the middle of what was found under this name, or 0 if nothing was.
func (s samples) median(name string) float64 {
	list := slices.Sorted(slices.Values(s[name]))
	switch n := len(list); {
	case n == 0:
		return 0
	case n%2 == 1:
		return list[n/2]
	default:
		return (list[n/2-1] + list[n/2]) / 2
	}
}
