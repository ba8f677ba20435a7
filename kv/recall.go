package kv

import (
	"context"
	"time"

	"exthub/kv/bucket"
)

// Recall is what a record says once its message was recalled. A recall writes the record anew, in
// place, without its content, in the commit that deletes the pairs. So no entry is left that has
// the content: not for a hub that knows nothing of recalls, nor for whoever reads the bucket
// without one.
//
// An entry that marks the message as recalled would leave the record where it is, but the content
// with it, until somebody deletes the record. Then the next message of a group, whose number comes
// from the newest record, could get the number of one that was recalled.
//
// JetStream reads an entry that was overwritten no more. Its bytes stay in the file until the
// server writes that file anew, which it does by itself once more than half of it is dead. Erasing
// them at once takes a stream that lets entries be deleted one by one. The streams of KV buckets do
// not, which can't be changed once they are made, and an erasure could not be a part of the commit.
type Recall struct {
	By   string `json:"by"`   // the user who recalled it
	Time int64  `json:"time"` // when, in Unix seconds
	// Last is the MsgSeq of the newest message of the group, or of one before it: the record does
	// not stand any more where its place in the stream says.
	Last uint64 `json:"last,omitempty"`
	Sent uint64 `json:"sent"` // the revision of the record before
}

// Recall takes a message back: its content and its pairs are gone, and what is left of its record
// says so. by and at say who did it, and when. It returns the record as it is then, and reports
// whether it is this call that recalled it: a message is recalled once. check looks at the record
// and refuses with an error, which comes back unchanged. It must be pure. Other errors are
// those of Update.
func (s *Store) Recall(
	ctx context.Context, ref Ref, by string, at int64, check func(*Record) error,
) (r Record, done bool, err error) {
	ctx, cancel := withTimeout(ctx, s.options)
	defer cancel()
	recall := Recall{By: by, Time: at}
	sh := s.shardFor(ref)
	if ref.GroupID != "" {
		newest, err := sh.count(ctx, ref.GroupID)
		if err != nil {
			return Record{}, false, err
		}
		recall.Last = max(newest.Last, ref.MsgSeq)
	}
	_, err = s.Update(ctx, ref, func(t *Txn) (Change, error) {
		done = false
		if err := check(t.Record()); err != nil {
			return Change{}, err
		}
		if r = *t.Record(); r.Recalled != nil {
			return Change{}, nil
		}
		recall.Sent = t.m.recordSeq
		r, done = r.without(recall), true
		if r.TTL > 0 { // what is left of it
			r.TTL = uint32(max(t.m.ttl(sh.bucket.Now(), 0)/time.Second, 1))
		}
		return Change{Clear: true, record: &r}, nil
	})
	return r, done && err == nil, err
}

// without returns what is left of a record once its message was recalled.
func (r Record) without(recall Recall) Record {
	r.Payload, r.CloudCustomData, r.Recalled = []byte("{}"), "", &recall
	return r
}

// sentAt returns the revision at which the message of a record was sent.
func sentAt(e bucket.Entry) uint64 {
	if r, err := readRecord(e); err == nil {
		return r.sent
	}
	return e.Revision
}

// sentTime returns when the message of a record was sent. Of one that was recalled only the second
// is known.
func sentTime(e bucket.Entry) time.Time {
	if r, err := readRecord(e); err == nil && r.Recalled != nil {
		return time.Unix(r.Time, 0)
	}
	return e.Time
}
