// Command hub serves live message extensions. `hub --help` is its manual.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// cli is the command line: the settings that all commands share, and the commands.
type cli struct {
	Config

	Serve   serveCommand   `cmd:"" default:"1" help:"Serve until SIGINT or SIGTERM. This is what hub does without a command."`
	Bench   benchCommand   `cmd:"" help:"Put a hub under load and say what it takes."`
	Export  exportCommand  `cmd:"" help:"Write down the pairs of a message, and count them anew."`
	Poll    pollCommand    `cmd:"" help:"Make a poll that everybody may answer, on a hub with --guests, and print where it is."`
	Usersig usersigCommand `cmd:"" help:"Make a UserSig, or explain one."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

const description = `Live key-value pairs ("message extensions") on chat messages: ` +
	`a vote, a name in a chain, an answer to a survey.

Without any flag the hub stores in ./data with NATS inside and serves a demo at http://127.0.0.1:8080.`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))

	command, err := parse(&cli{}, os.Args[1:], kong.Exit(os.Exit))
	if err != nil {
		fmt.Fprintf(os.Stderr, "hub: %v\nhub --help lists the settings.\n", err)
		os.Exit(2)
	}
	command.BindTo(ctx, (*context.Context)(nil))
	command.BindTo(os.Stdout, (*io.Writer)(nil))
	if err := command.Run(); err != nil {
		fmt.Fprintf(os.Stderr, "hub: %v\n", err)
		os.Exit(1)
	}
}

// parse fills c from the arguments, the environment, the configuration file and the defaults, and
// validates it.
func parse(c *cli, args []string, options ...kong.Option) (*kong.Context, error) {
	parser, err := kong.New(c, append(options,
		kong.Name("hub"),
		kong.Description(description),
		kong.DefaultEnvars("HUB"),
		kong.Configuration(loadFile),
		kong.ConfigureHelp(kong.HelpOptions{FlagsLast: true}),
		kong.Bind(&c.Config),
	)...)
	if err != nil {
		return nil, err
	}
	command, err := parser.Parse(args)
	if err == nil {
		c.settle()
	}
	return command, err
}
