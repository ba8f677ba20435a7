package guest

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limits count what each address was given lately.
type limits struct {
	perMinute int

	mu        sync.Mutex
	addresses map[netip.Addr]*rate.Limiter
	others    *rate.Limiter // of all addresses together that there is no room for
	sweepAt   int           // how many there are when the idle ones are dropped next
	swept     time.Time     // when that was last
}

const (
	// maxAddresses bounds what is kept: some 150 bytes each.
	maxAddresses = 1 << 16
	// minSweep is from how many addresses on idle ones are looked for.
	minSweep = 1024
	// sweepEvery is how often they are looked for when there is no room.
	sweepEvery = 10 * time.Second
)

// newLimits returns a limit of so many a minute for each address, and as many at once, or nil for
// none if perMinute is 0.
func newLimits(perMinute int) *limits {
	if perMinute <= 0 {
		return nil
	}
	l := &limits{perMinute: perMinute, addresses: make(map[netip.Addr]*rate.Limiter), sweepAt: minSweep}
	l.others = l.limiter()
	return l
}

func (l *limits) limiter() *rate.Limiter {
	return rate.NewLimiter(rate.Limit(float64(l.perMinute)/60), l.perMinute)
}

// take counts one for the address of a request, and returns 0, or after which time there will be
// one more. An address that has asked for nothing for a minute is forgotten at the next sweep.
// Those of strangers who have more addresses than are remembered share one limit.
func (l *limits) take(remoteAddr string, now time.Time) (wait time.Duration) {
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	address := Network(addressOf(remoteAddr))
	limiter := l.addresses[address]
	if limiter == nil {
		if n := len(l.addresses); n >= l.sweepAt || n >= maxAddresses && now.Sub(l.swept) > sweepEvery {
			l.sweep(now)
		}
		if len(l.addresses) < maxAddresses {
			limiter = l.limiter()
			l.addresses[address] = limiter
		} else {
			limiter = l.others
		}
	}
	reservation := limiter.ReserveN(now, 1)
	wait = reservation.DelayFrom(now)
	if wait > 0 {
		reservation.CancelAt(now)
	}
	return wait
}

// sweep drops the limiters that new ones would not differ from. The next is due when there are
// twice as many as are left, so it costs each request little, or when there is no room for more,
// but not at once again.
func (l *limits) sweep(now time.Time) {
	for address, limiter := range l.addresses {
		if limiter.TokensAt(now) >= float64(l.perMinute) {
			delete(l.addresses, address)
		}
	}
	l.sweepAt, l.swept = max(2*len(l.addresses), minSweep), now
}

// addressOf returns the address of a request, which has a port unless a proxy has named it.
func addressOf(remoteAddr string) netip.Addr {
	if withPort, err := netip.ParseAddrPort(remoteAddr); err == nil {
		return withPort.Addr()
	}
	address, _ := netip.ParseAddr(remoteAddr)
	return address
}

// Network returns what is counted as one address: of IPv6 its /64, which is what one customer has.
func Network(address netip.Addr) netip.Addr {
	address = address.Unmap().WithZone("")
	if address.Is6() {
		return netip.PrefixFrom(address, 64).Masked().Addr()
	}
	return address
}
