package socket

import "syscall"

// kernelBuffer bounds what the system keeps for a client that does not read: it is for clients that
// are slow or far away, and would grow to megabytes for one that has stalled. With half as much,
// clients that open a conversation fill it (a sixth fewer reads a second). The system doubles it
// for its own bookkeeping.
const kernelBuffer = 256 << 10

// BoundUnsent is a Control of net.ListenConfig, for the listeners of a hub. It bounds what the
// system keeps for each client, 256 KiB, which a connection inherits from its listener, TLS or not.
//
// Set on a connection, the system takes it for a socket that has room again, and wakes a thread
// that waits for the network, at each login (see docs/benchmarks-tried.md).
func BoundUnsent(_, _ string, listener syscall.RawConn) error {
	return listener.Control(func(fd uintptr) {
		// Refused, the bound is the system's own
		_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF, kernelBuffer)
	})
}
