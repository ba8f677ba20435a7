// Command floods attacks a hub in every way that could fill its memory or keep others out, one
// after the other, and prints what that took and what a client got that has nothing to do with it:
//
//	go build -o bin/hub ./cmd/hub && go run ./bench/floods --hub bin/hub
//
// Each flood has a hub of its own, with the settings that a hub has by itself, and all come from
// one address of this machine, of which a hub takes any number of connections. docs/security.md
// holds the table. It takes about five minutes. The slow requests of slowhttptest are among the
// floods where it is installed.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	binary := flag.String("hub", "bin/hub", "path of the hub")
	lasts := flag.Duration("for", 15*time.Second, "how long each flood goes on")
	only := flag.String("only", "", "run the floods whose names contain this")
	flag.Parse()
	if err := runAll(ctx, *binary, *lasts, *only); err != nil {
		fmt.Fprintf(os.Stderr, "floods: %v\n", err)
		os.Exit(1)
	}
}

func runAll(ctx context.Context, binary string, lasts time.Duration, only string) error {
	fmt.Println("| flood | memory before, MiB | most, MiB | others' rounds | failed | slowest |")
	fmt.Println("|---|---:|---:|---:|---:|---:|")
	for _, f := range floods() {
		if !strings.Contains(f.name, only) {
			continue
		}
		if err := f.run(ctx, binary, lasts); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return nil
}

// flood is one attack. prepare comes first, with calls that a hub should carry out; attack goes on
// until ctx ends.
type flood struct {
	name    string
	prepare func(context.Context, *target) error // may be nil
	attack  func(context.Context, *target) error
}

// run runs a flood against a hub of its own, and prints a row.
func (f flood) run(ctx context.Context, binary string, lasts time.Duration) error {
	t, err := startTarget(ctx, binary)
	if err != nil {
		return err
	}
	defer t.stop()
	if f.prepare != nil {
		if err := f.prepare(ctx, t); err != nil {
			return err
		}
	}
	// A round of the other client is a part of what the hub is like without a flood.
	if _, err := t.round(ctx, 0); err != nil {
		return err
	}
	before, err := t.memory("VmRSS:")
	if err != nil {
		return err
	}
	flooding, end := context.WithTimeout(ctx, lasts)
	defer end()
	watched := make(chan watch)
	go func() { watched <- t.watch(flooding) }()
	if err := f.attack(flooding, t); err != nil && flooding.Err() == nil {
		return err
	}
	w := <-watched
	most, err := t.memory("VmHWM:")
	if err != nil {
		return err
	}
	fmt.Printf("| %s | %d | %d | %d | %d | %v |\n", f.name, before>>20, most>>20, w.rounds, w.failed,
		w.slowest.Round(time.Millisecond))
	return ctx.Err()
}
