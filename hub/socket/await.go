package socket

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// await blocks until the socket is readable or closed. Waiting here needs 2 KiB of stack; inside
// websocket.Reader it needs 4, for each of thousands of silent clients. Where readability can't be
// told, as with TLS, it returns at once.
func (s *rawConn) await() {
	direct, ok := s.Conn.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := direct.SyscallConn()
	if err != nil {
		return
	}
	asked := false
	_ = raw.Read(func(fd uintptr) bool { // the error comes again with the read
		if asked {
			return true
		}
		// The poller reports an edge once: look whether it did so before this call.
		asked = true
		return readable(int(fd))
	})
}

// readable reports whether a read would not wait.
func readable(fd int) bool {
	polled := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(polled, 0)
	return n > 0 || err != nil
}
