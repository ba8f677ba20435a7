package main

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A balancer connects, and sends a request, in the moment in which a hub closes its port. Either
// the connection begins and is served, or it never begins, and the balancer knows that nothing was
// done.
func TestNoConnectionIsReset(t *testing.T) {
	type ends struct{ listen, dial string }
	cases := []ends{{"127.0.0.1:0", "127.0.0.1"}, {":0", "127.0.0.1"}}
	if l, err := net.Listen("tcp6", "[::1]:0"); err == nil { // there are machines without
		l.Close()
		cases = append(cases, ends{":0", "::1"}, ends{"[::1]:0", "::1"})
	}
	for _, at := range cases {
		t.Run(at.listen+" "+at.dial, func(t *testing.T) { checkRefuseNew(t, at.listen, at.dial) })
	}
}

func checkRefuseNew(t *testing.T, listen, dial string) {
	t.Helper()
	l, err := listenPublic(listen)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	address := net.JoinHostPort(dial, port)
	waits, err := net.Dial("tcp", address) // in the backlog
	if err != nil {
		t.Fatal(err)
	}
	defer waits.Close()
	if !refuseNew(l) {
		t.Error("it can't be refused")
	}
	late, err := net.DialTimeout("tcp", address, 300*time.Millisecond)
	if timeout := net.Error(nil); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("a connection after that: %v, want that it does not begin", err)
	}
	if err == nil {
		late.Close()
	}
	if _, err := io.WriteString(waits, "x"); err != nil {
		t.Fatal(err)
	}
	served, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer served.Close()
	if _, err := io.ReadFull(served, make([]byte, 1)); err != nil {
		t.Error("what came in before is cut off: ", err)
	}
}

// A connection has begun when the hub closes its port, but the end of its handshake is still on its
// way. It is served like those that have come in, whatever it sends and when.
func TestConnectionThatHasBegunIsServed(t *testing.T) {
	plain, err := listenPublic("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	raw, err := plain.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	// Until it has sent something the kernel lets it wait as one whose handshake has not ended.
	if err := errors.Join(raw.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, 60)
	}), err); err != nil {
		t.Fatal(err)
	}
	client, err := net.Dial("tcp", plain.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	l := &limitedListener{Listener: plain, all: newConnections(10, 10, nil)}
	if !l.refuseNew() {
		t.Error("it can't be refused")
	}
	if _, err := io.WriteString(client, "x"); err != nil {
		t.Fatal(err)
	}
	served, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer served.Close()
	if _, err := io.WriteString(client, "y"); err != nil {
		t.Fatal(err)
	}
	_ = served.SetReadDeadline(time.Now().Add(testTimeout))
	if _, err := io.ReadFull(served, make([]byte, 2)); err != nil {
		t.Error("what it sent is not read: ", err)
	}
}
