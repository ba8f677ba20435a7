package bucket

import (
	"strconv"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// outgoing is an entry as it goes to the server. It is on the way of every vote, so one is used again as soon as the client has copied it, which it has when it
// returns from publishing.
type outgoing struct {
	msg    nats.Msg
	values [maxHeaders]string // each the only value of a header
	used   int
}

// maxHeaders is how many headers an entry has at most.
const maxHeaders = 8

var outgoings = sync.Pool{New: func() any { return &outgoing{msg: nats.Msg{Header: make(nats.Header, maxHeaders)}} }}

// entry makes the message of a write, valid until the next.
func (o *outgoing) entry(prefix string, w Write, options PublishOptions) *outgoing {
	o.msg.Subject, o.msg.Reply, o.msg.Data, o.used = w.Subject, "", append(o.msg.Data[:0], w.Value...), 0
	if w.Subject == "" {
		o.msg.Subject = prefix + w.Key
	}
	clear(o.msg.Header)
	if w.Delete {
		o.set(operation, "DEL")
	}
	if options.Precondition.Own || options.Precondition.Filter != "" {
		o.set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(options.Precondition.Last, 10))
		o.set(jetstream.ExpectedLastSubjSeqSubjHeader, options.Precondition.Filter)
	}
	if options.Request != 0 {
		o.set(requestHeader, strconv.FormatUint(options.Request, 16))
	}
	o.set(originHeader, options.Origin)
	o.set(jetstream.MsgIDHeader, options.DedupID)
	return o
}

// inBatch makes the message the i-th of an atomic batch, counted from 0.
func (o *outgoing) inBatch(id string, i int, last bool) *nats.Msg {
	o.set(batchHeader, id)
	o.set("Nats-Batch-Sequence", strconv.Itoa(i+1))
	if last {
		o.set(batchCommitHeader, "1")
	}
	return &o.msg
}

// set adds a header, unless it would be empty.
func (o *outgoing) set(name, value string) {
	if value != "" {
		o.values[o.used] = value
		o.msg.Header[name] = o.values[o.used : o.used+1 : o.used+1]
		o.used++
	}
}
