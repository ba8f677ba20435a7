package guest

import (
	"fmt"
	"testing"
	"time"
)

// Somebody has a network of IPv6, and asks from another address of it each time; or from one behind
// a proxy, which names it without a port. What one customer has is one address.
func TestLimitsCountNetworks(t *testing.T) {
	now := time.Now()
	l := newLimits(2)
	for i, tt := range []struct {
		address string
		wait    time.Duration
	}{
		{"[2001:db8::1]:1000", 0},
		{"2001:db8::2", 0},
		{"[2001:db8::ffff:1]:1000", 30 * time.Second},
		{"[2001:db8:0:1::1]:1000", 0}, // the next customer
		{"192.0.2.1:1", 0},
		{"[::ffff:192.0.2.1]:2", 0},
		{"192.0.2.1", 30 * time.Second},
		{"192.0.2.2:1", 0},
		{"", 0}, {"@", 0}, {"unix", 30 * time.Second}, // what is none is one
	} {
		if wait := l.take(tt.address, now); wait != tt.wait {
			t.Errorf("%d, %q: %v, want %v", i, tt.address, wait, tt.wait)
		}
	}
	if wait := l.take("192.0.2.1", now.Add(30*time.Second)); wait != 0 {
		t.Errorf("half a minute later: %v", wait)
	}
	if newLimits(0).take("192.0.2.1", now) != 0 {
		t.Error("no limit is one")
	}
}

// Somebody has more addresses than the hub can remember. Those share what is left of one limit, and
// room comes back when addresses have been idle.
func TestLimitsAreBounded(t *testing.T) {
	now := time.Now()
	l := newLimits(60)
	for i := range maxAddresses {
		l.take(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255), now)
	}
	for i := range 60 {
		if wait := l.take(fmt.Sprintf("192.0.2.%d", i), now); wait != 0 {
			t.Fatalf("%d of those without room waits %v", i, wait)
		}
	}
	if l.take("192.0.2.99", now) == 0 || len(l.addresses) != maxAddresses {
		t.Errorf("the one too many is let in, %d addresses", len(l.addresses))
	}
	later := now.Add(2 * time.Minute)
	if l.take("192.0.2.99", later) != 0 || len(l.addresses) != 1 {
		t.Errorf("%d addresses are remembered after they were idle", len(l.addresses))
	}
}
