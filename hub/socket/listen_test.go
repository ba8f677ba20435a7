package socket

import (
	"net"
	"syscall"
	"testing"
)

// TestBoundUnsent: a connection has the bound of its listener, which the system would raise for a
// client that does not read.
func TestBoundUnsent(t *testing.T) {
	config := net.ListenConfig{Control: BoundUnsent}
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()
	got := sendBuffer(t, accepted)
	// What the system makes of the same bound where it is set directly
	if err := client.(*net.TCPConn).SetWriteBuffer(kernelBuffer); err != nil {
		t.Fatal(err)
	}
	if want := sendBuffer(t, client); got != want {
		t.Errorf("%d bytes, want %d", got, want)
	}
}

func sendBuffer(t *testing.T, c net.Conn) (size int) {
	t.Helper()
	raw, err := c.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var failed error
	if err := raw.Control(func(fd uintptr) {
		size, failed = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF)
	}); err != nil || failed != nil {
		t.Fatal(err, failed)
	}
	return size
}
