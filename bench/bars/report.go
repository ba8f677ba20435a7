package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"exthub/bench"
)

// row is one bar: what was measured, the bar, what was found, and whether the bar was met.
type row struct {
	part, what, bar, found string
	met                    bool
}

// atMost returns a row whose figure must not exceed factor times the floor.
func atMost(part, what string, figure, floor, factor float64, unit string) row {
	bar := fmt.Sprintf("at most %g x the floor", factor)
	return row{part, what, bar, ratio(figure, floor, unit), figure <= factor*floor && floor > 0}
}

// atLeast returns a row whose rate, in things a second, must reach factor times the floor.
func atLeast(part, what string, figure, floor, factor float64) row {
	bar := fmt.Sprintf("at least %g x the floor", factor)
	return row{part, what, bar, ratio(figure, floor, perSecond), figure >= factor*floor && floor > 0}
}

// beside returns a row without a bar: a rate, in things a second, and what it is compared with.
func beside(part, what string, figure, floor float64) row {
	return row{part, what, noBar, ratio(figure, floor, perSecond), true}
}

const (
	perSecond = "a second"
	noBar     = "none"
)

func ratio(figure, floor float64, unit string) string {
	return fmt.Sprintf("**%.3f x** (%s against %s %s)", figure/floor, number(figure), number(floor), unit)
}

// both returns the rate of doing two things one after the other, of which each alone has the given
// rate.
func both(first, second float64) float64 { return first * second / (first + second) }

// number formats a figure with three significant digits, and thousands separated.
func number(v float64) string {
	switch {
	case v >= 1000:
		return fmt.Sprintf("%d,%03d", int(v)/1000, int(v)%1000)
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// rows returns the bars in the order of the table.
func (s samples) rows() []row {
	return slices.Concat(
		s.fanoutRows(), s.memoryRows(), s.writeRows(), s.readRows(), s.crowdRows(), s.hallRows(), s.laterRows(),
		s.allocationRows(),
	)
}

func (s samples) fanoutRows() (rows []row) {
	for _, inFlight := range []struct {
		n      int
		what   string
		factor float64
	}{{1, "one event at a time", 1.2}, {16, "16 events in flight", 0.9}} {
		for _, audience := range audiences {
			if audience.bar {
				name := fmt.Sprintf(" %d x%d cpu", audience.size, inFlight.n)
				what := fmt.Sprintf("server CPU per delivery, %s, %s viewers",
					inFlight.what, number(float64(audience.size)))
				rows = append(rows, atMost("fanout", what,
					s.median("hub"+name), s.median("floor"+name), inFlight.factor, "us"))
			}
		}
	}
	return rows
}

func (s samples) memoryRows() []row {
	idle, logins := s.median("idle 10000 rss"), s.median("logins")
	return []row{
		{"memory", "resident memory per idle logged-in session, 10,000 sessions", "at most 12 KiB",
			fmt.Sprintf("**%.1f KiB**, %.1f KiB right after the logins", idle, s.median("idle 10000 rush")),
			idle <= 12 && idle > 0},
		{"logins", "connect and log in", "at least 5,000 a second",
			fmt.Sprintf("**%s** a second, %s us of server CPU each", number(logins), number(s.median("login cpu"))),
			logins >= 5000},
	}
}

func (s samples) writeRows() []row {
	sets, answered := s.median("write 2m"), s.median("answered sets")
	return []row{
		atLeast("write", "acknowledged sets, 128 clients, sync 2m, against kv.Update with 128 callers",
			sets, s.median("update 2m"), 0.5),
		beside("write", "the same, against callers with a connection each, as the hub's clients have",
			sets, s.median("update apart")),
		beside("write", fmt.Sprintf("the same, against an answer from memory (%s a second) plus one kv.Update",
			number(answered)), sets, both(answered, s.median("update 2m"))),
		atLeast("write", "acknowledged sets, 128 clients, sync always, against kv.Update with 128 callers",
			s.median("write always"), s.median("update always"), 0.9),
		atLeast("write", "64 writers on one message, sync 2m, against kv.Update one after the other",
			s.median("hot"), s.median("sequential"), 0.5),
	}
}

func (s samples) readRows() []row {
	reads, multiLast := s.median("reads"), max(s.median("multi_last x1"), s.median("multi_last x16"))
	return []row{
		atLeast("read", "all 300 pairs of a message, warm, against multi_last of the same", reads, multiLast, 10),
		atLeast("read", "the same, against a server that answers from memory", reads, s.median("answers"), 0.3),
		atLeast("read", "the same, 15 messages at a time, against these bytes written unasked to two sockets",
			s.median("reads of 15"), s.median("copies"), 0.3),
	}
}

func (s samples) crowdRows() []row {
	p99, storm, exact := s.median("poll p99"), s.median("storm"), s.median("storm exact")
	return []row{
		{"poll", "10,000 viewers of one poll, 200 votes a second for 30 s: acknowledgement to receipt",
			"every viewer exact; p99 under 250 ms",
			fmt.Sprintf("all exact; p50 %.0f ms, **p99 %.0f ms**; %s votes; server RSS %.0f MiB",
				s.median("poll p50"), p99, number(s.median("poll sets")), s.median("poll rss")),
			p99 < 250 && p99 > 0},
		atMost("stalled", "100 stalled clients among 5,000: p99 of the others, against none",
			s.median("stalled p99"), s.median("calm p99"), 1.2, "ms"),
		{"storm", "10,000 clients reconnect at once, while votes go on", "all back and exact in under 10 s",
			fmt.Sprintf("**%.1f s**, %s exact", storm, number(exact)), storm < 10 && exact == 10000},
	}
}

// hallRows are left out of a table of samples from before there was a hall.
func (s samples) hallRows() []row {
	if s.median("hall p99") == 0 {
		return nil
	}
	late := atMost("hall", "10,000 viewers who all vote, 1,000 votes a second for 20 s, by summary, all exact: "+
		"p99 from acknowledgement to receipt, against one frame to all by write(2)",
		s.median("hall p99"), s.median("hall floor p99"), 3, "ms")
	late.found += fmt.Sprintf("; p50 %.0f ms, %s votes a second, %s bytes to a viewer",
		s.median("hall p50"), number(s.median("hall votes")), number(s.median("hall bytes")))
	summary, pairs := s.median("hall summary cpu"), s.median("hall pairs cpu")
	return []row{late, {
		"hall", "10,000 viewers, 200 votes a second: server CPU by summary, against as pairs", "at most 0.6 x as pairs",
		ratio(summary, pairs, "cores"), summary <= 0.6*pairs && pairs > 0,
	}}
}

// laterRows are left out of a table of samples from before they were measured.
func (s samples) laterRows() (rows []row) {
	if floor := s.median("floor login cpu"); floor > 0 {
		what := "server CPU to connect and log in, as many as come, against a server that upgrades, " +
			"verifies the same UserSig and answers"
		rows = append(rows, atMost("logins", what, s.median("login cpu"), floor, 1.5, "us"))
	}
	if floor := s.median("floor calm login cpu"); floor > 0 {
		what := "the same, 100 logins a second"
		rows = append(rows, atMost("logins", what, s.median("calm login cpu"), floor, 1.5, "us"))
	}
	if s.median("ruled") > 0 {
		what := "server CPU per set, 128 clients, on messages with rules, against messages without"
		rows = append(rows, atMost("write", what, s.median("ruled cpu"), s.median("write cpu 2m"), 1.25, "us"))
	}
	if hot := s.median("hot ruled"); hot > 0 {
		what := "64 writers on one message with rules, sync 2m, against kv.Update one after the other"
		rows = append(rows, atLeast("write", what, hot, s.median("sequential"), 0.35))
	}
	if batches := s.median("batches"); batches > 0 {
		what := "sets of 10 new pairs, 16 clients, sync 2m, against 16 callers who update 10 keys one by one"
		rows = append(rows, atLeast("write", what, batches, s.median("update x16")/10, 0.5))
	}
	if all := s.median("summaries"); all > 0 {
		what := "10,000 clients log in at once and read the summary of a poll, against the storm"
		rows = append(rows, atMost("storm", what, all, s.median("storm"), 1.5, "s"))
	}
	return rows
}

func (s samples) allocationRows() (rows []row) {
	for _, name := range []string{"1000 x1", "5000 x1", "5000 x16"} {
		found := s.median("hub " + name + " allocations")
		rows = append(rows, row{"fanout", "heap allocations per delivered event, " + name, "at most 0.1",
			fmt.Sprintf("**%.3f**", found), found <= 0.1 && found > 0})
	}
	return rows
}

// table returns the bars of the wanted parts as Markdown.
func (s samples) table(wants func(part string) bool) string {
	var b strings.Builder
	b.WriteString("| what | bar | found | |\n|---|---|---|---|\n")
	for _, r := range s.rows() {
		verdict := "met"
		switch {
		case !r.met:
			verdict = "**missed**"
		case r.bar == noBar:
			verdict = ""
		}
		if wants(r.part) {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.what, r.bar, r.found, verdict)
		}
	}
	return b.String()
}

// report writes the table, the plots and the raw figures.
func (a *allCommand) report(start time.Time) error {
	if err := os.MkdirAll(a.Out, 0o750); err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString(a.samples.table(a.wants))
	fmt.Fprintf(&b, "\nMeasured %s in %.0f minutes, %d rounds, medians.\n%s\n",
		start.UTC().Format("2006-01-02 15:04 UTC"), time.Since(start).Minutes(), a.Rounds, machine())
	fmt.Print(b.String())
	raw, err := json.MarshalIndent(a.samples, "", " ")
	if err != nil {
		return err
	}
	return errors.Join(
		a.plot("cpu-per-delivery.svg", a.samples.cpuPlot()),
		a.plot("memory-per-session.svg", a.samples.memoryPlot()),
		publish(filepath.Join(a.Out, "benchmarks.json"), string(raw)+"\n"),
		fill(filepath.Join(a.Out, "benchmarks.md"), b.String()),
	)
}

// fill puts the table between the two marks of the page and keeps what people wrote around them.
func fill(path, table string) error {
	const begin, end = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"
	page, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		page, err = []byte("# Benchmarks\n\n"+begin+end), nil
	}
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(page), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return fmt.Errorf("%s lacks the marks %q and %q", path, begin, end)
	}
	return publish(path, before+begin+table+end+after)
}

func publish(path, text string) error {
	return os.WriteFile(path, []byte(text), 0o644) //nolint:gosec // a report is public
}

// machine describes the machine of the measurement and the versions of what was measured.
func machine() string {
	model := "unknown processor"
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, rest, ok := strings.Cut(string(info), "model name\t: "); ok {
			model, _, _ = strings.Cut(rest, "\n")
		}
	}
	var name syscall.Utsname
	release := ""
	if syscall.Uname(&name) == nil {
		for _, c := range name.Release {
			if c != 0 {
				release += string(rune(c))
			}
		}
	}
	versions := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if strings.Contains(m.Path, "nats-io/nats") {
				versions += ", " + m.Path[strings.LastIndex(m.Path[:len(m.Path)-3], "nats"):] + " " + m.Version
			}
		}
	}
	return fmt.Sprintf("%d CPUs (%s) shared with the load, Linux %s, %s%s.",
		runtime.NumCPU(), model, release, runtime.Version(), versions)
}

func (a *allCommand) plot(name string, p bench.Plot) error {
	if len(p.Lines) == 0 {
		return nil
	}
	var b strings.Builder
	if err := p.WriteSVG(&b); err != nil {
		return err
	}
	return publish(filepath.Join(a.Out, name), b.String())
}
