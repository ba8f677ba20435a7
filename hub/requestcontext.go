package hub

import (
	"exthub/kv"
	"exthub/kv/lazycontext"
)

// requestContext ends with the time of a request or with the hub, and says who asks.
type requestContext struct {
	lazycontext.Context
	reader string // the user for whom the request reads, see kv.ReaderKey
}

// Value returns the reader for kv.ReaderKey, and of everything else what the context in it has.
func (c *requestContext) Value(key any) any {
	if key == (kv.ReaderKey{}) {
		return c.reader
	}
	return c.Context.Value(key)
}
