// Command bars measures what a hub costs against the least that the same work could cost on the
// same machine in the same minutes, and says for each bar whether it was met. `make bench` runs it;
// it ends by itself after about seventeen minutes.
//
// Hub and floors are processes of their own that are measured alternately, in three rounds, and the
// report has the medians. A ratio of two figures of one run says more than a figure, because
// whatever else the machine did meanwhile was done to both.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

type cli struct {
	All    allCommand    `cmd:"" default:"withargs" help:"Measure everything and write the report."`
	Fanout fanoutCommand `cmd:"" hidden:"" help:"Floor: a server that answers like a hub and writes frames straight to the descriptors."`
	Store  storeCommand  `cmd:"" hidden:"" help:"Floor: the same work on the store by the plain client."`
	Copy   copyCommand   `cmd:"" hidden:"" help:"Floor: the same bytes written to sockets."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	command := kong.Parse(&cli{}, kong.Name("bars"), kong.Description("Measure a hub against its floors."))
	command.BindTo(ctx, (*context.Context)(nil))
	if err := command.Run(); err != nil {
		fmt.Fprintf(os.Stderr, "bars: %v\n", err)
		os.Exit(1)
	}
}
