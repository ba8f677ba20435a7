package kv

import (
	"encoding/json"
	"fmt"
	"strings"

	"exthub/kv/bucket"
)

func pairKey(suffix string) (string, error) {
	token, ok := strings.CutPrefix(suffix, "x.")
	if !ok {
		return "", errUnexpectedKey
	}
	return decodeToken(token)
}

func parseControl(e bucket.Entry) (control, error) {
	var c control
	if err := json.Unmarshal([]byte(e.Value), &c); err != nil {
		return c, err
	}
	if c.Clear {
		c.ClearSeq = e.Revision
	}
	if c.Purge {
		c.PurgedSeq = e.Revision
	}
	if max(c.ClearSeq, c.PurgedSeq) > e.Revision {
		return c, fmt.Errorf("control entry at %d speaks of what is to come", e.Revision)
	}
	return c, nil
}

// maxDeletions is how many pairs a clear deletes each, if there are no more: the record, the
// control entry and a schedule may have to fit into the same commit.
const maxDeletions = bucket.MaxBatch - 3

// empty reports whether nothing is to be written.
func (c Change) empty() bool {
	return len(c.Writes) == 0 && !c.Clear && !c.Close && c.CloseAt == nil
}

// alone reports whether the change is the first of its commit, if it is part of one.
func (c Change) alone() bool { return c.Clear || c.Close || c.CloseAt != nil }

// writes turns a change into entries, and reports whether the control entry is among them.
func (m *Message) writes(object string, change Change, maxTombstones int) (writes []bucket.Write, isControl bool) {
	if change.Close || change.CloseAt != nil {
		return m.closeWrites(object, change), false
	}
	next := control{ClearSeq: m.control.ClearSeq, PurgedSeq: m.control.PurgedSeq}
	deletions := m.gone.len()
	if change.Clear {
		writes = m.clearWrites(object)
		next = control{Clear: true, Purge: len(writes) < m.live.len(), PurgedSeq: m.control.PurgedSeq}
		deletions += len(writes)
	}
	for _, w := range change.Writes {
		key := object + ".x." + encodeToken(w.Key)
		writes = append(writes, bucket.Write{
			Key: key, Value: w.Value, Delete: w.Delete, By: w.By, Mark: m.mark(w.Key),
		})
		if w.Delete {
			deletions++
		}
	}
	if deletions > maxTombstones {
		next.PurgedSeq = max(next.PurgedSeq, m.oldest(deletions-maxTombstones/2))
	}
	if !change.Clear && next.PurgedSeq == m.control.PurgedSeq {
		return writes, false
	}
	if change.record != nil {
		writes = append(writes, change.record.write())
		if m.CloseAt() > 0 {
			writes = append(writes, cancelled(object)) // nobody is to be told of its close
		}
	}
	value, err := json.Marshal(next)
	if err != nil {
		panic(err) // two numbers and a bool
	}
	return append(writes, bucket.Write{Key: object + ".c", Value: string(value), Mark: m.mark("")}), true
}

// clearWrites returns the deletions of a clear, which go before its control entry. They make a
// compare-and-swap fail that has not seen the clear, and every pair is free of its entry then. Of
// more pairs than fit into a commit there are none: where so many may be there is no
// compare-and-swap, so the control entry says it all, and that no deletion of before is listed any
// more. That is the whole work of the clear, one entry, whether there were a thousand pairs or
// 100,000; what is left of them the sweeper removes with one request.
func (m *Message) clearWrites(object string) []bucket.Write {
	if m.live.len() > maxDeletions {
		return nil
	}
	writes := make([]bucket.Write, 0, m.live.len()+2)
	for p := range m.live.from(0) {
		key := object + ".x." + encodeToken(p.Key)
		writes = append(writes, bucket.Write{Key: key, Delete: true, Mark: m.mark("")})
	}
	return writes
}

// oldest returns the Seq of the n-th oldest deletion, of the newest if there are fewer, or 0 if
// there is none.
func (m *Message) oldest(n int) (seq uint64) {
	for p := range m.gone.from(0) {
		seq = p.Seq
		if n--; n == 0 {
			break
		}
	}
	return seq
}
