// Package audit keeps the record of who was let in, who was not, and who ended what: the lines of
// the hub's log with component=audit.
//
// # Promises
//
//   - A line names users, groups, messages and codes. It holds no UserSig, no key or value of a
//     pair and no content of a message.
//   - Strangers can't fill the log: of what anybody can cause, only so much is written a second,
//     and the next line says how much was left out.
package audit

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Log writes the record. Its methods may be called concurrently.
type Log struct {
	log *slog.Logger
	now func() time.Time

	mu      sync.Mutex
	limit   *rate.Limiter // of what strangers cause
	leftOut int           // since the last line of that kind
}

// How many refusals are written in a second, and at once after a pause.
const (
	refusalsPerSecond = 10
	refusalsAtOnce    = 100
)

// New returns a record in this log.
func New(log *slog.Logger, now func() time.Time) *Log {
	return &Log{
		log: log.With("component", "audit"), now: now, limit: rate.NewLimiter(refusalsPerSecond, refusalsAtOnce),
	}
}

// Done records something that was done. The attributes are those of slog.
func (l *Log) Done(event string, attributes ...any) { l.log.Info(event, attributes...) }

// Read records something that was only looked at, which is of interest more rarely.
func (l *Log) Read(event string, attributes ...any) { l.log.Debug(event, attributes...) }

// Refused records that somebody was not let in.
func (l *Log) Refused(event string, attributes ...any) {
	if !l.log.Enabled(context.Background(), slog.LevelWarn) {
		return
	}
	l.mu.Lock()
	leftOut := l.leftOut
	allowed := l.limit.AllowN(l.now(), 1)
	if l.leftOut++; allowed {
		l.leftOut = 0
	}
	l.mu.Unlock()
	switch {
	case !allowed:
		return
	case leftOut > 0:
		attributes = append(attributes, "leftOut", leftOut)
	}
	l.log.Warn(event, attributes...)
}
