package main

import (
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
	l, err := listenPublic("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	waits, err := net.Dial("tcp", l.Addr().String()) // in the backlog
	if err != nil {
		t.Fatal(err)
	}
	defer waits.Close()
	refused := refuseNew(l)
	// There are kernels that take filters of root alone. Then all goes on as if nobody had asked.
	if refused != takesFilters(t) {
		t.Errorf("refused: %v", refused)
	}
	late, err := net.DialTimeout("tcp", l.Addr().String(), 300*time.Millisecond)
	if err == nil {
		late.Close()
	}
	if (err != nil) != refused {
		t.Errorf("a connection after that: %v; refused: %v", err, refused)
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

// takesFilters reports whether the kernel takes a filter of this process, one that lets all pass.
func takesFilters(t *testing.T) bool {
	t.Helper()
	l, err := listenPublic("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	raw, err := l.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	all := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: 1<<32 - 1}
	var set error
	err = raw.Control(func(fd uintptr) {
		set = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
			&unix.SockFprog{Len: 1, Filter: &all})
	})
	return err == nil && set == nil
}
