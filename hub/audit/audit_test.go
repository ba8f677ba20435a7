package audit

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// A stranger tries to log in ten thousand times in a second, to fill the disk with the record of
// it.
func TestRefusalsFillTheLog(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(1_700_000_000, 0)
	l := New(slog.New(slog.NewTextHandler(&out, nil)), func() time.Time { return now })
	for range 10_000 {
		l.Refused("login refused", "user", "eve")
	}
	if n := strings.Count(out.String(), "\n"); n != refusalsAtOnce {
		t.Errorf("%d lines, want %d", n, refusalsAtOnce)
	}
	out.Reset()
	now = now.Add(time.Second)
	l.Refused("login refused", "user", "eve")
	if line := out.String(); !strings.Contains(line, "component=audit") || !strings.Contains(line, "leftOut=9900") {
		t.Errorf("the next line is %s", line)
	}
	out.Reset()
	l.Refused("login refused", "user", "eve")
	if line := out.String(); strings.Contains(line, "leftOut") {
		t.Errorf("the line after is %s", line)
	}
}
