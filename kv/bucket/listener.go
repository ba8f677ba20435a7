package bucket

import (
	"strings"

	"github.com/nats-io/nats.go"
)

// Listener hears what is published to some keys of a bucket, at once and from whichever node: also
// what is not committed after all. Nothing repeats what it misses.
type Listener struct{ sub *nats.Subscription }

// Listen calls hear with every entry that is published to a key that matches the filter, for one at
// a time. Such an entry has neither a revision nor a time yet. Close has to follow.
func (b *Bucket) Listen(filter string, hear func(Entry)) (*Listener, error) {
	sub, err := b.nc.Subscribe(b.prefix+filter, func(msg *nats.Msg) {
		hear(Entry{
			Key: msg.Subject[len(b.prefix):], Value: string(msg.Data), Deleted: msg.Header.Get(operation) != "",
		})
	})
	if err != nil {
		return nil, err
	}
	return &Listener{sub}, nil
}

// Close ends the calls; one may still be under way.
func (l *Listener) Close() { _ = l.sub.Unsubscribe() }

// toldPrefix begins the subject of what is told to others who use the bucket. It is none of the
// stream's subjects, so nobody keeps it.
func (b *Bucket) toldPrefix() string { return b.name + ".told." }

// Tell sends something to all who listen with ListenTold, under the sender's name, which must be a
// token.
func (b *Bucket) Tell(from string, what []byte) error { return b.nc.Publish(b.toldPrefix()+from, what) }

// ListenTold calls hear with what is sent by Tell, also from here, for one at a time. Close has to
// follow.
func (b *Bucket) ListenTold(hear func(from string, what []byte)) (*Listener, error) {
	sub, err := b.nc.Subscribe(b.toldPrefix()+"*", func(msg *nats.Msg) {
		hear(strings.TrimPrefix(msg.Subject, b.toldPrefix()), msg.Data)
	})
	if err != nil {
		return nil, err
	}
	return &Listener{sub}, nil
}
