package bench

import (
	"fmt"
	"strconv"
	"time"
)

// batchPairs is how many pairs a batch sets.
const batchPairs = 10

// batch has every client set ten pairs of its own message at a time.
func batch(r *run) error {
	return r.ownMessages("", func(writers []*writer) error {
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

// setBatch sets all pairs of the writer's batch anew, one Seq behind the other, and returns when
// that is acknowledged.
func (w *writer) setBatch() error {
	w.last++
	b := append(append(w.beginRequest("setMessageExtensions"), `{"messageID":"`...), w.messages[0]...)
	b = append(b, `","extensions":[`...)
	for i := range batchPairs {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, `{"key":"w`...), int64(i), 10)
		b = strconv.AppendUint(append(b, `","value":"`...), w.last, 10)
		seq := w.seqs[0]
		if seq > 0 {
			seq += uint64(i)
		}
		b = append(strconv.AppendUint(append(b, `","seq":`...), seq, 10), '}')
	}
	answer, err := w.roundTrip(append(b, "]}"...))
	if err != nil {
		return fmt.Errorf("batch: %w", err)
	}
	first, _ := leadingNumber(after(answer, `"seq":`))
	latest, _ := leadingNumber(after(answer, `"latestSeq":`))
	if first == 0 || latest != first+batchPairs-1 {
		return fmt.Errorf("batch: %s", answer)
	}
	w.seqs[0] = first
	return nil
}
