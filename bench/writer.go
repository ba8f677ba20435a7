package bench

import (
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

// writer is a client that sets one pair in each of its messages, one message after the other.
type writer struct {
	*client
	number   int
	messages []string
	seqs     []uint64 // of its pair, per message
	turn     int
	last     uint64 // the last change that was acknowledged
	value    []byte
}

func newWriter(number int, c *client, messages []string) *writer {
	return &writer{client: c, number: number, messages: messages, seqs: make([]uint64, len(messages))}
}

// set writes a value to the pair of the next message, and returns when it is acknowledged.
func (w *writer) set(value []byte) error {
	i := w.turn
	w.turn = (w.turn + 1) % len(w.messages)
	b := append(append(w.beginRequest("setMessageExtensions"), `{"messageID":"`...), w.messages[i]...)
	b = strconv.AppendInt(append(b, `","extensions":[{"key":"w`...), int64(w.number), 10)
	b = append(append(b, `","value":"`...), value...)
	b = strconv.AppendUint(append(b, `","seq":`...), w.seqs[i], 10)
	answer, err := w.roundTrip(append(b, "}]}"...))
	if err != nil {
		return fmt.Errorf("set: %w", err)
	}
	if code, n := leadingNumber(after(answer, `"code":`)); code != 0 || n == 0 {
		return fmt.Errorf("set: %s", answer)
	}
	w.seqs[i], _ = leadingNumber(after(answer, `"seq":`))
	return nil
}

// change makes the scoreboard's next change and returns its number when it is acknowledged.
func (w *writer) change(b *scoreboard, viewers int) (uint64, error) {
	n := b.start(viewers)
	w.value = b.appendValue(w.value[:0], w.number, n)
	if err := w.set(w.value); err != nil {
		return 0, err
	}
	b.acknowledge(n)
	w.last = n
	return n, nil
}

// createPairs sets every writer's pairs for the first time, before the audience logs in and
// anything is measured. To create a pair costs a hub more than to change it, and a run of a few
// seconds would show a mixture of the two.
func (r *run) createPairs(b *scoreboard, writers []*writer) error {
	r.setPhase("make the pairs")
	var g errgroup.Group
	for _, w := range writers {
		g.Go(func() error {
			for range w.messages {
				w.value = b.appendValue(w.value[:0], w.number, 0)
				if err := w.set(w.value); err != nil {
					return err
				}
				r.done.Add(1)
				if err := r.pause(time.Second / maxRequestRate); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// maxRequestRate is how many requests a second a client makes at most. A hub takes a thousand from
// a session and refuses what is more.
const maxRequestRate = 900

// maxCatchUp is how many requests a client makes up for at most. With more, one that was held up
// for a second would make more than a thousand in the next.
const maxCatchUp = 50

// repeat calls fn, which makes so many requests, at a rate until the end, or as fast as fn returns
// if the rate is 0. A caller that is late does not wait until it has caught up.
func (r *run) repeat(rate float64, requests, offset, of int, end time.Time, fn func() error) error {
	if top := maxRequestRate / float64(requests); rate == 0 || rate > top {
		rate = top
	}
	gap := time.Duration(float64(time.Second) / rate)
	next := time.Now().Add(gap * time.Duration(offset) / time.Duration(max(of, 1)))
	for next.Before(end) && time.Now().Before(end) {
		if err := r.pause(time.Until(next)); err != nil {
			return err
		}
		if err := fn(); err != nil {
			return err
		}
		next = next.Add(gap)
		if latest := time.Now().Add(-gap * maxCatchUp / time.Duration(requests)); next.Before(latest) {
			next = latest
		}
	}
	return nil
}
