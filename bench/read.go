package bench

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// read has every client read all pairs of some messages of one group, again and again, as fast as
// the answers come.
func read(r *run) error {
	return r.withMessages("r", r.Messages, func(clients []*client, messages []string) error {
		r.setPhase("set pairs")
		for _, message := range messages {
			if err := r.fillMessage(clients[0], message); err != nil {
				return err
			}
		}
		return r.reads(clients, messages)
	})
}

// withMessages calls fn with all clients and n messages of a group that they are in.
func (r *run) withMessages(kind string, n int, fn func(clients []*client, messages []string) error) error {
	accounts, err := r.accounts(r.Clients, kind)
	if err != nil {
		return err
	}
	return r.withGroup(func(g *group) error {
		messages, err := g.messages(r, n)
		if err != nil {
			return err
		}
		clients, err := r.loginAll(accounts, false)
		if err != nil {
			return err
		}
		defer closeAll(clients)
		return fn(clients, messages)
	}, accounts)
}

const (
	pairsPerRequest = 20  // that a hub takes in one set
	pairsPerPage    = 200 // that it returns in one page
)

func (r *run) fillMessage(c *client, message string) error {
	value := strings.Repeat("x", 64)
	for from := 0; from < r.Pairs; from += pairsPerRequest {
		var list []map[string]any
		for i := from; i < min(from+pairsPerRequest, r.Pairs); i++ {
			list = append(list, map[string]any{"key": fmt.Sprintf("voter-%05d", i), "value": value, "seq": 0})
		}
		params := map[string]any{"messageID": message, "extensions": list}
		if err := c.call("setMessageExtensions", params, nil); err != nil {
			return err
		}
		r.done.Add(int64(len(list)))
	}
	return nil
}

func (r *run) reads(clients []*client, messages []string) error {
	took := newHistogram()
	var read, bytes atomic.Int64
	r.setPhase("read")
	if err := r.startMeasuring(); err != nil {
		return err
	}
	// A page of many pairs counts for two requests at the hub.
	requests := 2 * ((r.Pairs + pairsPerPage - 1) / pairsPerPage) * len(messages)
	end := time.Now().Add(r.Duration)
	var g errgroup.Group
	for i, c := range clients {
		g.Go(func() error {
			return r.repeat(r.Rate/float64(len(clients)*len(messages)), requests, i, len(clients), end,
				func() error {
					start := time.Now()
					n, err := c.readAll(messages)
					if err != nil {
						return err
					}
					took.record(i, time.Since(start))
					bytes.Add(int64(n))
					read.Add(int64(len(messages)))
					r.done.Add(int64(len(messages)))
					return nil
				})
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if err := r.stopMeasuring(read.Load(), "read"); err != nil {
		return err
	}
	r.result.add("pairs per read", float64(r.Pairs), "")
	r.result.add("bytes per read", float64(bytes.Load())/float64(max(read.Load(), 1)), "")
	r.result.add("bytes a second", float64(bytes.Load())/r.result.Seconds/(1<<20), "MiB/s")
	r.result.Latencies = append(r.result.Latencies, took.latency("all pages"))
	return nil
}

// readAll reads all pages of some messages and returns their size in bytes. It asks for a page of
// each message at a time, as a client does that opens a conversation.
func (c *client) readAll(messages []string) (size int, err error) {
	type cursor struct {
		message string
		start   uint64
		request int
	}
	var list []cursor
	for _, m := range messages {
		list = append(list, cursor{message: m})
	}
	for len(list) > 0 {
		for i, p := range list {
			b := append(append(c.beginRequest("getMessageExtensions"), `{"messageID":"`...), p.message...)
			b = strconv.AppendUint(append(b, `","startSeq":`...), p.start, 10)
			list[i].request = c.queueRequest(append(b, '}'))
		}
		if err := c.flush(); err != nil {
			return 0, err
		}
		asked := list
		list = list[:0]
		for _, p := range asked {
			page, err := c.awaitAnswer(p.request)
			if err != nil {
				return 0, fmt.Errorf("get: %w", err)
			}
			size += len(page)
			// The members that describe the whole page come after its pairs.
			tail := page[max(0, len(page)-200):]
			if complete, _ := leadingNumber(after(tail, `"completeFlag":`)); complete == 1 {
				continue
			}
			seq, n := leadingNumber(after(tail, `"seq":`))
			if n == 0 {
				return 0, fmt.Errorf("get: a page without pairs that is not the last: %s", tail)
			}
			list = append(list, cursor{message: p.message, start: seq + 1})
		}
	}
	return size, nil
}
