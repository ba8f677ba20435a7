package bucket

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Entry is what the bucket holds under one key.
type Entry struct {
	Key      string // without the bucket's prefix
	Value    string
	Revision uint64
	Deleted  bool
	Request  uint64 // which commit wrote it, see write
	By       string // of a pair: the user who set it, if that was noted
	Created  uint64 // of a message with rules: when the pair was first set; 0 otherwise
	Time     time.Time
}

// Snapshot is the entries that matched, in rising revision, as they all were at revision UpTo.
type Snapshot struct {
	Entries []Entry
	UpTo    uint64
}

// reader asks for snapshots: the last entry of every matching key, all of one moment, in one
// request (JetStream's multi_last). All answers come to one inbox; a subscription per request would
// cost six times as much.
type reader struct {
	b     *Bucket
	inbox string
	sub   *nats.Subscription
	next  atomic.Uint64

	mu      sync.Mutex
	pending map[string]*pendingRead
}

type pendingRead struct {
	Snapshot
	count int  // how many keys matched beyond those that came
	part  bool // not all of them are wanted
	err   error
	done  chan struct{}
}

var (
	// errTooMany says that more than 1,024 keys matched, which JetStream answers with 413.
	errTooMany = errors.New("too many keys for one snapshot")
	// errNone says that no key matched, not even the bucket's own, which JetStream answers with 404
	// and without a revision. Either the bucket was emptied or made anew, or a replica has nothing
	// yet.
	errNone = errors.New("no key for a snapshot")
)

func newReader(nc *nats.Conn, b *Bucket) (*reader, error) {
	r := &reader{b: b, inbox: nc.NewInbox(), pending: make(map[string]*pendingRead)}
	sub, err := nc.Subscribe(r.inbox+".*", r.receive)
	if err != nil {
		return nil, err
	}
	// A snapshot may be a thousand entries and several may arrive at once. A dropped one would be
	// asked for again, but only after a timeout.
	if err := sub.SetPendingLimits(1<<20, 256<<20); err != nil {
		return nil, err
	}
	r.sub = sub
	return r, nil
}

func (r *reader) close() { _ = r.sub.Unsubscribe() }

// Read returns a snapshot of the keys that match the filters: not older than Seen, so that no
// reader goes back in time, nor than atLeast. It asks again while a lagging replica answers. If ctx
// ends or nobody answers, it returns ErrUnavailable.
func (b *Bucket) Read(ctx context.Context, atLeast uint64, filters ...string) (Snapshot, error) {
	return b.read(ctx, atLeast, 0, filters, true)
}

// ReadFrom is Read of the entries from the revision first on. The others cost the server a look at
// their keys.
func (b *Bucket) ReadFrom(ctx context.Context, first uint64, filters ...string) (Snapshot, error) {
	snap, err := b.read(ctx, 0, first, filters, true)
	snap.Entries = slices.DeleteFunc(snap.Entries, func(e Entry) bool { return e.Revision < first })
	return snap, err
}

// read is Read, which returns errTooMany for what does not fit into one snapshot unless it may be
// scanned for. A scan begins before first.
func (b *Bucket) read(
	ctx context.Context, atLeast, first uint64, filters []string, mayScan bool,
) (Snapshot, error) {
	floor := max(atLeast, b.Seen())
	scanning, cancel := context.WithTimeout(ctx, scanTimeout)
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, RequestTimeout)
	defer cancel()
	for wait := time.Millisecond; ; wait = min(2*wait, 200*time.Millisecond) {
		snap, err := b.reader.ask(ctx, filters, first)
		if errors.Is(err, errTooMany) && !mayScan {
			return Snapshot{}, err
		}
		if errors.Is(err, errTooMany) || errors.Is(err, errNone) {
			snap, err = b.scan(scanning, filters)
		}
		if err == nil && snap.UpTo >= floor {
			b.Saw(snap.UpTo) // what comes after must not be older
			return snap, nil
		}
		if err == nil {
			err = fmt.Errorf("a replica is at %d, needed is %d", snap.UpTo, floor)
		}
		select {
		case <-ctx.Done():
			return Snapshot{}, fmt.Errorf("%w: read: %w", ErrUnavailable, err)
		case <-time.After(wait):
		}
	}
}

// Count returns how many keys match the filter, deleted ones too, or 1,025 if there are more than
// 1,024. It costs one small answer. A replica that lags may give it.
func (b *Bucket) Count(ctx context.Context, filter string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, RequestTimeout)
	defer cancel()
	// The first key comes, the others are counted: with the bucket's own that is one key too many
	p := &pendingRead{part: true}
	switch err := b.reader.request(ctx, p, []string{filter}, 0, 1); {
	case errors.Is(err, errTooMany):
		return maxKeys + 1, nil
	case errors.Is(err, errNone):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("%w: count: %w", ErrUnavailable, err)
	}
	return p.count, nil
}

// maxKeys is how many keys JetStream lets match at most.
const maxKeys = 1024

func (r *reader) ask(ctx context.Context, filters []string, first uint64) (Snapshot, error) {
	p := &pendingRead{}
	err := r.request(ctx, p, filters, first, 0)
	return p.Snapshot, err
}

// request asks for at most limit entries from a revision on, or for all of these if limit is 0.
func (r *reader) request(ctx context.Context, p *pendingRead, filters []string, first uint64, limit int) error {
	body := struct {
		Subjects []string `json:"multi_last"`
		First    uint64   `json:"seq,omitempty"`
		Limit    int      `json:"batch,omitempty"`
	}{First: first, Limit: limit}
	for _, filter := range append(filters, OwnKey) {
		body.Subjects = append(body.Subjects, r.b.prefix+filter)
	}
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	token := strconv.FormatUint(r.next.Add(1), 36)
	p.done = make(chan struct{})
	r.mu.Lock()
	r.pending[token] = p
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		delete(r.pending, token)
		r.mu.Unlock()
	}()
	if err := r.b.nc.PublishRequest("$JS.API.DIRECT.GET.KV_"+r.b.name, r.inbox+"."+token, text); err != nil {
		return err
	}
	// A lost part of the answer shows only as silence: give up early enough to ask again.
	timer := time.NewTimer(RequestTimeout / 4)
	defer timer.Stop()
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return errors.New("no answer")
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
		e, err := r.b.entryOf(msg)
		if err != nil {
			finish(err)
		} else if e.Key != OwnKey {
			p.Entries = append(p.Entries, e)
		}
	case "204":
		upTo, err := strconv.ParseUint(msg.Header.Get("Nats-UpTo-Sequence"), 10, 64)
		if err == nil {
			p.count, err = strconv.Atoi(msg.Header.Get("Nats-Num-Pending"))
		}
		if err == nil && p.count > 0 && !p.part {
			err = errTooMany // cut short by the server's limit of bytes
		}
		p.UpTo = upTo
		finish(err)
	case "404":
		finish(errNone)
	case "413":
		finish(errTooMany)
	default:
		finish(fmt.Errorf("status %s %s", status, msg.Header.Get("Description")))
	}
}

// Last returns the newest of all entries whose subject matches the filter, or nil if there is none.
// A replica that lags may answer.
//
// The client's own call appends the filter to the subject of the request (ADR-31 of NATS), where
// the server expects no wildcard.
func (b *Bucket) Last(ctx context.Context, filter string) (*Entry, error) {
	return b.find(ctx, map[string]any{"last_by_subj": filter})
}

// First returns the oldest entry from revision on whose subject matches the filter, or nil if there
// is none. A replica that lags may answer.
func (b *Bucket) First(ctx context.Context, filter string, revision uint64) (*Entry, error) {
	return b.find(ctx, map[string]any{"next_by_subj": filter, "seq": max(revision, 1)})
}

// find returns the entry that a direct get finds, or nil if there is none.
func (b *Bucket) find(ctx context.Context, question map[string]any) (*Entry, error) {
	body, err := json.Marshal(question)
	if err != nil {
		return nil, err
	}
	msg, err := b.nc.RequestWithContext(ctx, "$JS.API.DIRECT.GET.KV_"+b.name, body)
	if err != nil {
		return nil, fmt.Errorf("%w: read: %w", ErrUnavailable, err)
	}
	switch status := msg.Header.Get("Status"); status {
	case "":
		e, err := b.entryOf(msg)
		return &e, err
	case "404":
		return nil, nil
	default:
		return nil, fmt.Errorf("%w: read: status %s %s", ErrUnavailable, status, msg.Header.Get("Description"))
	}
}

// entryOf reads an entry from the answer to a direct get.
func (b *Bucket) entryOf(msg *nats.Msg) (Entry, error) {
	revision, err := strconv.ParseUint(msg.Header.Get(jetstream.SequenceHeader), 10, 64)
	if err != nil {
		return Entry{}, fmt.Errorf("entry without a revision: %w", err)
	}
	at, err := time.Parse(time.RFC3339Nano, msg.Header.Get(jetstream.TimeStampHeaer))
	if err != nil {
		return Entry{}, fmt.Errorf("entry without a time: %w", err)
	}
	return b.newEntry(msg.Header.Get(jetstream.SubjectHeader), msg.Header, msg.Data, revision, at), nil
}

func (b *Bucket) newEntry(subject string, header nats.Header, data []byte, revision uint64, at time.Time) Entry {
	e := Entry{Key: strings.TrimPrefix(subject, b.prefix), Value: string(data), Revision: revision, Time: at}
	if len(header) > 0 {
		e.Deleted = header.Get("KV-Operation") != "" || header.Get("Nats-Marker-Reason") != ""
		if mark := header.Get(requestHeader); mark != "" {
			// 0 is nobody's: what is not ours has no mark
			e.Request, _ = strconv.ParseUint(mark, 16, 64)
		}
		e.By = header.Get(byHeader)
		if mark := header.Get(createdHeader); mark != "" {
			created, _ := strconv.ParseUint(mark, 10, 64)
			e.Created = cmp.Or(created, revision)
		}
	}
	return e
}

// Get returns the entry with this revision as the stream's leader has it, ErrOverwritten if a newer
// one has taken its place, or ErrUnavailable. The client's own call would ask any replica, and one
// that lags would say that there is no such entry yet.
func (b *Bucket) Get(ctx context.Context, revision uint64) (Entry, error) {
	e, err := b.askLeader(ctx, map[string]any{"seq": revision})
	if err == nil && e == nil {
		return Entry{}, fmt.Errorf("%w: %d", ErrOverwritten, revision)
	}
	if err != nil {
		return Entry{}, fmt.Errorf("%w: entry %d: %w", ErrUnavailable, revision, err)
	}
	return *e, nil
}

// LastAtLeader is Last as the stream's leader has it.
func (b *Bucket) LastAtLeader(ctx context.Context, filter string) (*Entry, error) {
	e, err := b.askLeader(ctx, map[string]any{"last_by_subj": filter})
	if err != nil {
		return nil, fmt.Errorf("%w: read: %w", ErrUnavailable, err)
	}
	return e, nil
}

// askLeader returns the entry that the stream's leader finds, or nil if there is none.
func (b *Bucket) askLeader(ctx context.Context, question map[string]any) (*Entry, error) {
	body, err := json.Marshal(question)
	if err != nil {
		return nil, err
	}
	reply, err := b.requests.askAgain(ctx, &nats.Msg{Subject: "$JS.API.STREAM.MSG.GET.KV_" + b.name, Data: body})
	if err != nil {
		return nil, err
	}
	var answer struct {
		Message struct {
			Subject string    `json:"subject"`
			Seq     uint64    `json:"seq"`
			Header  []byte    `json:"hdrs"`
			Data    []byte    `json:"data"`
			Time    time.Time `json:"time"`
		} `json:"message"`
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(reply.Data, &answer); err != nil {
		return nil, err
	}
	switch e := answer.Error; {
	case e != nil && e.ErrorCode == jetstream.JSErrCodeMessageNotFound:
		return nil, nil
	case e != nil:
		return nil, errors.New(e.Description)
	}
	m := answer.Message
	var header nats.Header
	if len(m.Header) > 0 {
		if header, err = nats.DecodeHeadersMsg(m.Header); err != nil {
			return nil, err
		}
	}
	e := b.newEntry(m.Subject, header, m.Data, m.Seq, m.Time)
	return &e, nil
}
