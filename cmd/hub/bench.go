package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"exthub/bench"
)

// benchCommand puts a hub under load, this one or another.
type benchCommand struct {
	Scenario string `arg:"" help:"connect, idle, fanout, write, ruled, batch, hot, read, storm, mixed, hall or summaries."`

	URL        string `name:"url" env:"-" default:"ws://127.0.0.1:8080/ws" help:"The hub. It must serve --sdkappid, take --secret-key (or the one in --data), and have the first --admin as an app admin."`
	MetricsURL string `name:"metrics-url" env:"-" placeholder:"URL" help:"The hub's metrics, like http://127.0.0.1:9090/metrics: adds its CPU, memory and allocations."`

	Clients  int           `env:"-" placeholder:"N" help:"Connections that do something. Of a hall: those of the audience who vote."`
	Audience int           `env:"-" placeholder:"N" help:"Connections that watch (fanout, storm, mixed, hall, summaries)."`
	Stalled  int           `env:"-" placeholder:"N" help:"More connections that never read (fanout, storm, mixed)."`
	Messages int           `env:"-" placeholder:"N" help:"Messages that each writer changes in turn, or each reader reads at a time."`
	Rate     float64       `env:"-" placeholder:"N" help:"Sets, reads or logins a second of all clients together. Without it: as fast as it goes."`
	Pairs    int           `env:"-" placeholder:"N" help:"Pairs of a message that is read."`
	Bytes    int           `env:"-" placeholder:"N" help:"Bytes of an event on the wire."`
	Rules    string        `env:"-" placeholder:"JSON" help:"Rules of the messages that are written to. The first question of a hall's (hall, summaries) has four choices; unless it shows summaries, viewers get the pairs."`
	Poll     string        `env:"-" placeholder:"ID" help:"Vote on this poll, which is there and stays open, and not on one of its own (hall, summaries). Its question has at least four choices. Who takes part is in its group meanwhile."`
	Duration time.Duration `env:"-" default:"10s" help:"How long to measure."`

	JSON  string `name:"json" env:"-" placeholder:"FILE" help:"Write the result as JSON too. \"-\": instead of the table."`
	Quiet bool   `env:"-" help:"No progress lines."`
}

// Run measures and writes the result. It returns an error if the hub breaks a promise.
func (b *benchCommand) Run(ctx context.Context, c *Config, out io.Writer) error {
	keys, err := c.signingKeys()
	if err != nil {
		return err
	}
	options := bench.Options{
		URL: b.URL, MetricsURL: b.MetricsURL, SDKAppID: c.SDKAppID, SecretKey: keys[0], Admin: c.Admin[0],
		Clients: b.Clients, Audience: b.Audience, Stalled: b.Stalled, Messages: b.Messages,
		Rate: b.Rate, Pairs: b.Pairs, Bytes: b.Bytes, Rules: b.Rules, Poll: b.Poll, Duration: b.Duration,
	}
	if !b.Quiet {
		options.Progress = os.Stderr
	}
	result, err := bench.Run(ctx, b.Scenario, options)
	if err != nil {
		return err
	}
	var text strings.Builder
	if err := result.WriteJSON(&text); err != nil {
		return err
	}
	switch b.JSON {
	case "-":
		_, err := fmt.Fprint(out, text.String())
		return err
	case "":
		return result.WriteTable(out)
	}
	return errors.Join(result.WriteTable(out), writeFile(b.JSON, text.String()))
}
