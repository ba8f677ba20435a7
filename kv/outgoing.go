package kv

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
const maxHeaders = 9

var outgoings = sync.Pool{New: func() any { return &outgoing{msg: nats.Msg{Header: make(nats.Header, maxHeaders)}} }}

// entry makes the message of the i-th write, valid until the next.
func (o *outgoing) entry(prefix string, p publication, i int, batch string) *nats.Msg {
	w := p.writes[i]
	o.msg.Subject, o.msg.Reply, o.msg.Data, o.used = prefix+w.key, "", append(o.msg.Data[:0], w.value...), 0
	clear(o.msg.Header)
	if w.delete {
		o.set(operation, "DEL")
	}
	if p.fence.own || p.fence.filter != "" {
		o.set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(p.fence.last, 10))
		o.set(jetstream.ExpectedLastSubjSeqSubjHeader, p.fence.filter)
	}
	if p.request != 0 {
		o.set(requestHeader, strconv.FormatUint(p.request, 16))
	}
	o.set(originHeader, p.origin)
	o.set(jetstream.MsgIDHeader, p.dedupID)
	if batch != "" {
		o.set("Nats-Batch-Id", batch)
		o.set("Nats-Batch-Sequence", strconv.Itoa(i+1))
		if i == len(p.writes)-1 {
			o.set("Nats-Batch-Commit", "1")
		}
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
