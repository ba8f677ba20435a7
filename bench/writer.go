package bench

import (
	"fmt"
	"strconv"
	"time"
)

// writer is a client who sets one pair of each of its messages, one after the other.
type writer struct {
	*client
	number   int
	messages []string
	seqs     []uint64 // of its pair, per message
	turn     int
	last     uint64 // the last change that was acknowledged
}

func newWriter(number int, c *client, messages []string) *writer {
	return &writer{client: c, number: number, messages: messages, seqs: make([]uint64, len(messages))}
}

// set writes a value to the pair of the next message, and returns when that is acknowledged.
func (w *writer) set(value string) error {
	i := w.turn
	w.turn = (w.turn + 1) % len(w.messages)
	b := append(append(w.begin("setMessageExtensions"), `{"messageID":"`...), w.messages[i]...)
	b = strconv.AppendInt(append(b, `","extensions":[{"key":"w`...), int64(w.number), 10)
	b = append(append(b, `","value":"`...), value...)
	b = strconv.AppendUint(append(b, `","seq":`...), w.seqs[i], 10)
	answer, err := w.roundTrip(append(b, "}]}"...))
	if err != nil {
		return fmt.Errorf("set: %w", err)
	}
	if code, n := number(after(answer, `"code":`)); code != 0 || n == 0 {
		return fmt.Errorf("set: %s", answer)
	}
	w.seqs[i], _ = number(after(answer, `"seq":`))
	return nil
}

// put makes a change of the board's.
func (w *writer) put(b *board, viewers int) (uint64, error) {
	n := b.change(viewers)
	if err := w.set(b.value(w.number, n)); err != nil {
		return 0, err
	}
	b.acknowledged(n)
	w.last = n
	return n, nil
}

// at calls fn at a rate until the end, or as fast as it returns if the rate is 0. Whoever is late does not wait until it has caught up.
func (r *run) at(rate float64, offset int, of int, end time.Time, fn func() error) error {
	gap := time.Duration(0)
	if rate > 0 {
		gap = time.Duration(float64(time.Second) / rate)
	}
	due := time.Now().Add(gap * time.Duration(offset) / time.Duration(max(of, 1)))
	for due.Before(end) && time.Now().Before(end) {
		if err := r.pause(time.Until(due)); err != nil {
			return err
		}
		if err := fn(); err != nil {
			return err
		}
		if gap == 0 {
			due = time.Now()
		} else {
			due = due.Add(gap)
		}
	}
	return nil
}
