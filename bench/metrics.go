package bench

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// usage is what a server process has used so far, as its own metrics say.
type usage struct {
	at     time.Time
	cpu    float64 // seconds
	rss    float64 // bytes
	allocs float64 // objects
}

// scrape reads the usage from a metrics address in Prometheus' text format.
func scrape(ctx context.Context, address string) (usage, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return usage{}, err
	}
	reply, err := http.DefaultClient.Do(r)
	if err != nil {
		return usage{}, err
	}
	defer reply.Body.Close()
	u := usage{at: time.Now(), cpu: -1}
	fields := map[string]*float64{
		"process_cpu_seconds_total":     &u.cpu,
		"process_resident_memory_bytes": &u.rss,
		"go_memstats_mallocs_total":     &u.allocs,
	}
	for lines := bufio.NewScanner(reply.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if field := fields[name]; field != nil {
			if *field, err = strconv.ParseFloat(value, 64); err != nil {
				return usage{}, fmt.Errorf("%s: %s: %w", address, name, err)
			}
		}
	}
	if u.cpu < 0 {
		return usage{}, fmt.Errorf("%s answers %s without process_cpu_seconds_total", address, reply.Status)
	}
	return u, nil
}
