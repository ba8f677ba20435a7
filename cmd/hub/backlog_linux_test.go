package main

import (
	"io"
	"net"
	"os"
	"testing"
	"time"
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
	if !refused && os.Getuid() == 0 {
		t.Fatal("this kernel takes no filter")
	}
	// There are kernels that take filters of root alone. Then all goes on as if nobody had asked.
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
