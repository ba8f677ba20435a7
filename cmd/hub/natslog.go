package main

import (
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"syscall"
)

// natsLog puts what the embedded server says into the hub's log. Its notices are about a server that nobody sees, so
// they are for debugging only.
type natsLog struct {
	fatal atomic.Pointer[string] // the last one, which says why the server did not start
	full  chan struct{}          // gets a value when the disk is full; the server tells nobody else
}

func newNATSLog() *natsLog { return &natsLog{full: make(chan struct{}, 1)} }

func (*natsLog) Noticef(format string, v ...any) { slog.Debug("nats: " + fmt.Sprintf(format, v...)) }
func (*natsLog) Debugf(format string, v ...any)  { slog.Debug("nats: " + fmt.Sprintf(format, v...)) }
func (*natsLog) Tracef(format string, v ...any)  { slog.Debug("nats: " + fmt.Sprintf(format, v...)) }
func (*natsLog) Warnf(format string, v ...any)   { slog.Warn("nats: " + fmt.Sprintf(format, v...)) }

func (l *natsLog) Errorf(format string, v ...any) {
	text := fmt.Sprintf(format, v...)
	slog.Error("nats: " + text)
	if strings.Contains(text, "Critical write error") || strings.Contains(text, syscall.ENOSPC.Error()) {
		select {
		case l.full <- struct{}{}:
		default:
		}
	}
}

func (l *natsLog) Fatalf(format string, v ...any) {
	text := fmt.Sprintf(format, v...)
	l.fatal.Store(&text)
	slog.Error("nats: " + text)
}
