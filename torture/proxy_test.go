package torture

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// proxy forwards TCP connections from its address to the target through a network that tests can
// impair.
type proxy struct {
	listener net.Listener
	target   string

	mu         sync.Mutex
	impairment impairment
	changed    chan struct{} // closed when the impairment changes
	links      map[*link]bool
	closed     bool
	wg         sync.WaitGroup
}

// impairment is the state of a network. The zero value impairs nothing.
type impairment struct {
	refuse     bool                                   // new connections are closed at once
	freezeUp   bool                                   // nothing goes to the target, though connections stay open
	freezeDown bool                                   // nothing comes from the target
	delay      time.Duration                          // for every chunk
	rate       int                                    // bytes a second; 0 is no limit
	inspect    func(up bool, chunk []byte) (pass int) // so many bytes; the connection ends behind them
}

var (
	refusing = impairment{refuse: true}                     // whoever is there knows that nobody is at the other end
	silent   = impairment{freezeUp: true, freezeDown: true} // everything looks connected
)

type link struct{ client, server net.Conn }

func (l *link) close() { l.client.Close(); l.server.Close() }

// newProxy starts a proxy that is closed when the test ends.
func newProxy(t testing.TB, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, target: target, changed: make(chan struct{}), links: make(map[*link]bool)}
	p.wg.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

func (p *proxy) addr() string { return p.listener.Addr().String() }

// impair changes the state of the network, for existing connections too.
func (p *proxy) impair(w impairment) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.impairment = w
	close(p.changed)
	p.changed = make(chan struct{})
}

// cut resets every connection.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		// A reset, not an orderly end: what was on the way is gone.
		for _, c := range []net.Conn{l.client, l.server} {
			if tcp, ok := c.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0)
			}
		}
		l.close()
	}
}

// fail impairs the network. Where that refuses new connections, those that there are are reset too.
func (p *proxy) fail(how impairment) {
	p.impair(how)
	if how.refuse {
		p.cut()
	}
}

// heal ends an impairment. Connections that were silent are reset, as a firewall would.
func (p *proxy) heal() {
	if now, _ := p.current(); now.freezeUp || now.freezeDown || now.refuse {
		p.impair(impairment{})
		p.cut()
	}
}

// connected reports whether a connection goes through the proxy.
func (p *proxy) connected() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.links) > 0
}

func (p *proxy) close() {
	p.listener.Close()
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.impair(impairment{})
	p.cut()
	p.wg.Wait()
}

func (p *proxy) current() (w impairment, changed <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.impairment, p.changed
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		if w, _ := p.current(); w.refuse {
			client.Close()
			continue
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			client.Close()
			continue
		}
		l := &link{client, server}
		p.mu.Lock()
		if p.closed || p.impairment.refuse { // since the look above, and cut did not know of it
			l.close()
		}
		p.links[l] = true
		p.mu.Unlock()
		var both sync.WaitGroup
		both.Go(func() { p.pump(l, true) })
		both.Go(func() { p.pump(l, false) })
		p.wg.Go(func() {
			both.Wait()
			p.mu.Lock()
			defer p.mu.Unlock()
			delete(p.links, l)
		})
	}
}

// pump copies one direction of a connection, as the impairment lets it.
func (p *proxy) pump(l *link, up bool) {
	defer l.close()
	from, to := l.server, l.client
	if up {
		from, to = l.client, l.server
	}
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		pass := p.pass(up, buffer[:n])
		if _, err := to.Write(buffer[:pass]); err != nil || pass < n {
			return
		}
	}
}

// pass delays a chunk for as long as the impairment says, and returns how much of it may go on.
func (p *proxy) pass(up bool, chunk []byte) int {
	for {
		w, changed := p.current()
		if up && w.freezeUp || !up && w.freezeDown {
			<-changed
			continue
		}
		wait := w.delay
		if w.rate > 0 {
			wait += time.Duration(len(chunk)) * time.Second / time.Duration(w.rate)
		}
		if wait > 0 {
			<-time.After(wait)
		}
		if w.inspect == nil {
			return len(chunk)
		}
		return w.inspect(up, chunk)
	}
}

func TestProxy(t *testing.T) {
	echo, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer echo.Close()
	go func() {
		for {
			c, err := echo.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	p := newProxy(t, echo.Addr().String())
	c, err := net.Dial("tcp", p.addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	say := func(within time.Duration) error {
		if err := c.SetDeadline(time.Now().Add(within)); err != nil {
			return err
		}
		if _, err := c.Write([]byte("x")); err != nil {
			return err
		}
		_, err := io.ReadFull(c, make([]byte, 1))
		return err
	}
	if err := say(testTimeout); err != nil {
		t.Fatal(err)
	}
	p.impair(impairment{freezeDown: true})
	if err := say(50 * time.Millisecond); err == nil {
		t.Fatal("an answer came through a frozen network")
	}
	p.impair(impairment{delay: 60 * time.Millisecond})
	start := time.Now()
	if err := say(testTimeout); err != nil { // the answer that was held back
		t.Fatal(err)
	}
	if err := say(testTimeout); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took < 120*time.Millisecond {
		t.Fatalf("an answer came in %v through a delay of 60 ms each way", took)
	}
	p.cut()
	if err := say(testTimeout); err == nil {
		t.Fatal("an answer came through a connection that was cut")
	}
}
