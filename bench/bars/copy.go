package main

import (
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// copyCommand is the floor of reading: the bytes of a read, written from memory to two sockets as
// fast as the other ends take them.
type copyCommand struct {
	Bytes    int           `help:"Of one read."`
	Duration time.Duration `default:"4s"`
}

// Run prints how often a second the bytes were written. The other ends are in the same process,
// just as the load is on the same machine when a hub is measured.
func (c *copyCommand) Run(ctx context.Context) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	var done atomic.Int64
	var g errgroup.Group
	page := make([]byte, c.Bytes)
	start := time.Now()
	for range 2 {
		g.Go(func() error {
			in, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				return err
			}
			defer in.Close()
			buffer := make([]byte, 64<<10)
			for {
				if _, err := in.Read(buffer); errors.Is(err, io.EOF) {
					return nil
				} else if err != nil {
					return err
				}
			}
		})
		out, err := l.Accept()
		if err != nil {
			return err
		}
		g.Go(func() error {
			defer out.Close()
			for time.Since(start) < c.Duration && ctx.Err() == nil {
				if _, err := out.Write(page); err != nil {
					return err
				}
				done.Add(1)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return printRate(done.Load(), time.Since(start))
}
