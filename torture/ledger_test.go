package torture

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// run is one run of a fault.
type run struct {
	fault                                      string
	operations, acknowledged, lost, violations int
	recovery                                   time.Duration
}

// runBook is the list of all runs.
type runBook struct {
	mu   sync.Mutex
	runs []run
}

var ledger runBook

func (b *runBook) add(r run) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.runs = append(b.runs, r)
}

// table returns the sums of the runs by fault, as Markdown.
func (b *runBook) table() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var order []string
	sums := make(map[string]*run)
	counts := make(map[string]int)
	times := make(map[string][]time.Duration)
	for _, r := range b.runs {
		sum := sums[r.fault]
		if sum == nil {
			order = append(order, r.fault)
			sum = &run{}
			sums[r.fault] = sum
		}
		counts[r.fault]++
		sum.operations += r.operations
		sum.acknowledged += r.acknowledged
		sum.lost += r.lost
		sum.violations += r.violations
		if r.recovery > 0 {
			times[r.fault] = append(times[r.fault], r.recovery)
		}
	}
	slices.Sort(order)
	var out strings.Builder
	out.WriteString("| fault | runs | operations | acknowledged | lost | violations | recovery p50 | max |\n" +
		"|---|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, fault := range order {
		s, p50, most := sums[fault], "-", "-"
		if list := times[fault]; len(list) > 0 {
			slices.Sort(list)
			p50 = list[len(list)/2].Round(time.Millisecond).String()
			most = list[len(list)-1].Round(time.Millisecond).String()
		}
		fmt.Fprintf(&out, "| %s | %d | %d | %d | %d | %d | %s | %s |\n",
			fault, counts[fault], s.operations, s.acknowledged, s.lost, s.violations, p50, most)
	}
	return out.String()
}
