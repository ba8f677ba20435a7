package socket

import (
	"strings"
	"testing"
)

// The event of a client's own change waits for the reply, to leave in one write with it, and for
// nothing else: it is not lost if no reply comes.
func TestEventWaitsForReply(t *testing.T) {
	o := new(outbox)
	o.cork()
	if wake, _ := o.event(update(1, "k", "v")); wake {
		t.Error("the event did not wait")
	}
	if wake, _ := o.frame(answer("1", "{}")); !wake {
		t.Error("nobody writes the reply")
	}
	out := string(o.drain(nil))
	if !strings.Contains(out, `"seq":1`) || !strings.HasSuffix(out, `{"jsonrpc":"2.0","id":1,"result":{}}`) {
		t.Errorf("written in one: %q", out)
	}
	if !o.idleIfEmpty() {
		t.Error("something is left")
	}
	if wake, _ := o.event(update(2, "k", "v")); !wake {
		t.Error("an event waits for a reply that has gone")
	}
	o.drain(nil)
	o.idleIfEmpty()
	o.cork()
	o.event(update(3, "k", "v"))
	if !o.uncork() || o.uncork() {
		t.Error("nobody writes the event, or two do")
	}
	select {
	case <-o.close(false):
		t.Error("closed before the event was written")
	default:
	}
	if out := string(o.drain(nil)); !strings.Contains(out, `"seq":3`) {
		t.Errorf("written: %q", out)
	}
}

// What is not queued is written only where it overtakes nothing, and nobody else writes meanwhile.
// A client that wants arrays gets them.
func TestBeginOvertakesNothing(t *testing.T) {
	e := update(1, "k", "v")
	for name, prepare := range map[string]func(*outbox){
		"an event waits":        func(o *outbox) { o.event(e) },
		"an event is written":   func(o *outbox) { o.event(e); o.drain(nil) },
		"a reply is to come":    func(o *outbox) { o.cork() },
		"the session has ended": func(o *outbox) { o.close(false) },
		"an array is wanted":    func(o *outbox) { o.batch = true },
	} {
		o := new(outbox)
		prepare(o)
		if o.begin(2) {
			t.Errorf("%s: overtaken", name)
		}
	}
	o := new(outbox)
	if o.batch = true; !o.begin(1) {
		t.Fatal("nothing is there")
	}
	if wake, _ := o.event(e); wake || o.idleIfEmpty() {
		t.Error("two write, or none")
	}
	if len(o.drain(nil)) == 0 || !o.idleIfEmpty() || !o.begin(1) {
		t.Error("the end is not the beginning")
	}
}
