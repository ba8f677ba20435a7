package bench

import (
	"bytes"
	"fmt"
	"strconv"
	"time"
)

// A batch sets ten pairs that are new. A message takes 300, and the next batch goes to another one.
const (
	batchPairs  = 10
	fullMessage = 300 / batchPairs
)

// batch has every client set ten new pairs of a message of its own at a time.
func batch(r *run) error {
	return r.ownMessages(func(writers []*writer) error {
		took := newHistogram()
		r.setPhase("write")
		if err := r.startMeasuring(); err != nil {
			return err
		}
		before := r.done.Load()
		if err := r.each(writers, r.Rate, func(w *writer) error {
			start := time.Now()
			if err := w.setBatch(); err != nil {
				return err
			}
			took.record(w.number, time.Since(start))
			return nil
		}); err != nil {
			return err
		}
		if err := r.stopMeasuring(r.done.Load()-before, "batch"); err != nil {
			return err
		}
		r.result.Latencies = append(r.result.Latencies, took.latency("batch to acknowledgement"))
		return nil
	})
}

// setBatch sets ten new pairs of the writer's messages, and returns when they are acknowledged.
func (w *writer) setBatch() error {
	message := w.turn / fullMessage
	if message == len(w.messages) {
		return fmt.Errorf("batch: all %d messages of a client are full: it needs more", message)
	}
	b := append(append(w.beginRequest("setMessageExtensions"), `{"messageID":"`...), w.messages[message]...)
	b = append(b, `","extensions":[`...)
	for i := range batchPairs {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, `{"key":"w`...), int64(w.turn*batchPairs+i), 10)
		b = append(b, `","value":"new","seq":0}`...)
	}
	w.turn++
	answer, err := w.roundTrip(append(b, "]}"...))
	if err != nil {
		return fmt.Errorf("batch: %w", err)
	}
	first, _ := leadingNumber(after(answer, `"seq":`))
	latest, _ := leadingNumber(after(answer, `"latestSeq":`))
	// Others may have written in between.
	if first == 0 || latest < first+batchPairs-1 || bytes.Count(answer, []byte(`"code":0,`)) != batchPairs {
		return fmt.Errorf("batch: %s", answer)
	}
	return nil
}
