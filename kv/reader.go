package kv

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// entry is what the bucket holds under one key.
type entry struct {
	key      string // without the bucket's prefix
	value    string
	revision uint64
	deleted  bool
	request  uint64 // which commit wrote it, see write
	time     time.Time
}

// snapshot is the entries that matched, in rising revision, as they all were at revision upTo.
type snapshot struct {
	entries []entry
	upTo    uint64
}

// reader asks for snapshots: the last entry of every matching key, all at one moment, in one request (JetStream's multi_last). All answers come to
// one inbox; a subscription per request would cost six times as much.
type reader struct {
	sh    *shard
	inbox string
	sub   *nats.Subscription
	next  atomic.Uint64

	mu      sync.Mutex
	pending map[string]*pendingRead
}

type pendingRead struct {
	snapshot
	err  error
	done chan struct{}
}

var (
	// errTooMany: more than 1,024 keys matched, which JetStream answers with 413.
	errTooMany = errors.New("too many keys for one snapshot")
	// errNone: no key matched, not even the bucket's own, which JetStream answers with 404 and without a revision. Somebody has emptied the bucket, or made it
	// anew; or a replica has nothing yet.
	errNone = errors.New("no key for a snapshot")
)

func newReader(nc *nats.Conn, sh *shard) (*reader, error) {
	r := &reader{sh: sh, inbox: nc.NewInbox(), pending: make(map[string]*pendingRead)}
	sub, err := nc.Subscribe(r.inbox+".*", r.receive)
	if err != nil {
		return nil, err
	}
	// One snapshot may be a thousand entries and several may arrive at once; dropping one would only cost a retry, but a slow one.
	if err := sub.SetPendingLimits(1<<20, 256<<20); err != nil {
		return nil, err
	}
	r.sub = sub
	return r, nil
}

func (r *reader) close() { _ = r.sub.Unsubscribe() }

// read returns a snapshot of the keys that match the filters, at floor or later. It asks again while a lagging replica answers, until ctx ends;
// then, or if nobody answers, it returns ErrUnavailable.
func (r *reader) read(ctx context.Context, floor uint64, filters ...string) (snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	for wait := time.Millisecond; ; wait = min(2*wait, 200*time.Millisecond) {
		snap, err := r.ask(ctx, filters)
		if errors.Is(err, errTooMany) || errors.Is(err, errNone) {
			snap, err = r.scan(ctx, filters)
		}
		if err == nil && snap.upTo >= floor {
			r.sh.saw(snap.upTo) // what comes after must not be older
			return snap, nil
		}
		if err == nil {
			err = fmt.Errorf("a replica is at %d, needed is %d", snap.upTo, floor)
		}
		select {
		case <-ctx.Done():
			return snapshot{}, fmt.Errorf("%w: read: %w", ErrUnavailable, err)
		case <-time.After(wait):
		}
	}
}

func (r *reader) ask(ctx context.Context, filters []string) (snapshot, error) {
	subjects := make([]string, 0, len(filters)+1)
	for _, filter := range append(filters, bucketKey) {
		subjects = append(subjects, r.sh.prefix+filter)
	}
	body, err := json.Marshal(map[string][]string{"multi_last": subjects})
	if err != nil {
		return snapshot{}, err
	}
	token := strconv.FormatUint(r.next.Add(1), 36)
	p := &pendingRead{done: make(chan struct{})}
	r.mu.Lock()
	r.pending[token] = p
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		delete(r.pending, token)
		r.mu.Unlock()
	}()
	if err := r.sh.nc.PublishRequest("$JS.API.DIRECT.GET.KV_"+r.sh.bucket, r.inbox+"."+token, body); err != nil {
		return snapshot{}, err
	}
	// A lost message of the answer shows as silence: give up early enough to ask again.
	timer := time.NewTimer(requestTimeout / 4)
	defer timer.Stop()
	select {
	case <-p.done:
		return p.snapshot, p.err
	case <-ctx.Done():
		return snapshot{}, ctx.Err()
	case <-timer.C:
		return snapshot{}, errors.New("no answer")
	}
}

func (r *reader) receive(msg *nats.Msg) {
	token := strings.TrimPrefix(msg.Subject, r.inbox+".")
	r.mu.Lock()
	defer r.mu.Unlock()
	p, ok := r.pending[token]
	if !ok {
		return
	}
	finish := func(err error) {
		p.err = err
		delete(r.pending, token)
		close(p.done)
	}
	switch status := msg.Header.Get("Status"); status {
	case "":
		e, err := r.sh.entryOf(msg)
		if err != nil {
			finish(err)
		} else if e.key != bucketKey {
			p.entries = append(p.entries, e)
		}
	case "204":
		upTo, err := strconv.ParseUint(msg.Header.Get("Nats-UpTo-Sequence"), 10, 64)
		if err == nil && msg.Header.Get("Nats-Num-Pending") != "0" {
			err = errTooMany // cut short by the server's limit of bytes
		}
		p.upTo = upTo
		finish(err)
	case "404":
		finish(errNone)
	case "413":
		finish(errTooMany)
	default:
		finish(fmt.Errorf("status %s %s", status, msg.Header.Get("Description")))
	}
}

// last returns the newest entry of all whose subject matches the filter, or nil if there is none. A replica that lags may answer.
//
// The client library's own call puts the filter into the subject of the request, where a server does not expect a wildcard.
func (r *reader) last(ctx context.Context, filter string) (*entry, error) {
	body, err := json.Marshal(map[string]string{"last_by_subj": filter})
	if err != nil {
		return nil, err
	}
	msg, err := r.sh.nc.RequestWithContext(ctx, "$JS.API.DIRECT.GET.KV_"+r.sh.bucket, body)
	if err != nil {
		return nil, fmt.Errorf("%w: read: %w", ErrUnavailable, err)
	}
	switch status := msg.Header.Get("Status"); status {
	case "":
		e, err := r.sh.entryOf(msg)
		return &e, err
	case "404":
		return nil, nil
	default:
		return nil, fmt.Errorf("%w: read: status %s %s", ErrUnavailable, status, msg.Header.Get("Description"))
	}
}

// entryOf reads an entry of a direct get's answer.
func (sh *shard) entryOf(msg *nats.Msg) (entry, error) {
	revision, err := strconv.ParseUint(msg.Header.Get(jetstream.SequenceHeader), 10, 64)
	if err != nil {
		return entry{}, fmt.Errorf("entry without a revision: %w", err)
	}
	at, err := time.Parse(time.RFC3339Nano, msg.Header.Get(jetstream.TimeStampHeaer))
	if err != nil {
		return entry{}, fmt.Errorf("entry without a time: %w", err)
	}
	return sh.newEntry(msg.Header.Get(jetstream.SubjectHeader), msg.Header, msg.Data, revision, at), nil
}

func (sh *shard) newEntry(subject string, header nats.Header, data []byte, revision uint64, at time.Time) entry {
	e := entry{key: strings.TrimPrefix(subject, sh.prefix), value: string(data), revision: revision, time: at}
	if len(header) > 0 {
		e.deleted = header.Get("KV-Operation") != "" || header.Get("Nats-Marker-Reason") != ""
		if mark := header.Get(requestHeader); mark != "" {
			e.request, _ = strconv.ParseUint(mark, 16, 64) // 0 is nobody's: what is not ours has no mark
		}
	}
	return e
}
