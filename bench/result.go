package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Result is what a run has measured.
type Result struct {
	Scenario  string    `json:"scenario"`
	URL       string    `json:"url"`
	Started   time.Time `json:"started"`
	Seconds   float64   `json:"seconds"` // of the part that was measured
	Figures   []Figure  `json:"figures"`
	Latencies []Latency `json:"latencies,omitempty"`
}

// Figure is one measured number.
type Figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit,omitempty"`
}

func (r *Result) add(name string, value float64, unit string) {
	r.Figures = append(r.Figures, Figure{name, value, unit})
}

// Figure returns the value of this name, and reports whether there is one.
func (r *Result) Figure(name string) (float64, bool) {
	for _, f := range r.Figures {
		if f.Name == name {
			return f.Value, true
		}
	}
	return 0, false
}

// Latency returns the latency of this name, and reports whether there is one.
func (r *Result) Latency(what string) (Latency, bool) {
	for _, l := range r.Latencies {
		if l.What == what {
			return l, true
		}
	}
	return Latency{}, false
}

// WriteTable writes the result for people.
func (r *Result) WriteTable(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "%s, %.1f s\n", r.Scenario, r.Seconds)
	for _, f := range r.Figures {
		fmt.Fprintf(w, "%s\t%s %s\t\n", f.Name, formatValue(f.Value), f.Unit)
	}
	if len(r.Latencies) > 0 {
		fmt.Fprint(w, "\nms\tp50\tp99\tp99.9\tmax\tcount\t\n")
	}
	for _, l := range r.Latencies {
		fmt.Fprintf(w, "%s\t%.2f\t%.2f\t%.2f\t%.2f\t%d\t\n", l.What, l.P50, l.P99, l.P999, l.Max, l.Count)
	}
	return w.Flush()
}

// WriteJSON writes the result for programs.
func (r *Result) WriteJSON(out io.Writer) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// formatValue formats a number with the digits that are significant.
func formatValue(v float64) string {
	switch {
	case v >= 100 || v == float64(int64(v)):
		return fmt.Sprintf("%.0f", v)
	case v >= 1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.4f", v)
}
