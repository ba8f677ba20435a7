package main

import (
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"syscall"
)

// natsLog writes what the embedded server logs to the hub's log. The server's notices are of no use
// to an operator of a hub, so they are logged for debugging only.
type natsLog struct {
	fatal atomic.Pointer[string] // the last one, which says why the server did not start
	// Gets a value when the disk is full: only the server's log says so
	full chan struct{}
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
