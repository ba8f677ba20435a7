package socket

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// await returns when the system has something to read, or the connection has ended; at once where that can't be told, as with TLS. To wait in the middle of the library's reading takes
// twice the smallest stack, for each of thousands who say nothing; to wait here takes no more than that.
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
	_ = raw.Read(func(fd uintptr) bool { // an error comes again when it is read
		if asked {
			return true
		}
		// The poller tells once, and has told already of what came before.
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
