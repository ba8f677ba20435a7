package main

import (
	"slices"

	"exthub/bench"
)

// samples holds the figures of all rounds, by name.
type samples map[string][]float64

func (s samples) add(name string, value float64) { s[name] = append(s[name], value) }

// addFigures adds some figures of a result; names maps each to the name of its sample.
func (s samples) addFigures(r *bench.Result, names map[string]string) {
	for figure, name := range names {
		if value, ok := r.Figure(figure); ok {
			s.add(name, value)
		}
	}
}

// median returns the median of the figures under this name, or 0 if there are none.
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
