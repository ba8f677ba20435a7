package main

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// refuseNew lets no connection begin at l any more, while those that have begun still come in. It
// reports whether it could.
//
// The kernel resets what waits in the backlog of a socket that is closed. A balancer has sent its
// request on such a connection by then and can't know what became of it, so it may not send it to
// another hub. A connection that never began it may, and does.
//
// A socket may ask that packets have crossed no router (RFC 5082), which those who leave theirs at
// the usual 64 have not shown: a listening socket then drops what begins a connection, but what
// ends the handshake of one that has begun is not for it, and passes. Its connection inherits the
// wish, so acceptAgain has to be called for each that comes in after this. A packet filter would
// say the same more plainly, but there are kernels that take one of root alone.
func refuseNew(l net.Listener) bool { return setMinTTL(l, 255) }

// acceptAgain undoes what a connection has inherited. What was sent to it meanwhile is sent again.
func acceptAgain(c *net.TCPConn) { setMinTTL(c, 0) }

// setMinTTL drops packets to a socket that have a lower TTL, or hop limit, and reports whether it
// could.
func setMinTTL(of any, ttl int) bool {
	socket, ok := of.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return false
	}
	var v4, v6 error
	err = raw.Control(func(fd uintptr) {
		// A socket of IPv6 may have both, one of IPv4 has the first alone.
		v4 = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_MINTTL, ttl)
		v6 = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_MINHOPCOUNT, ttl)
	})
	return err == nil && (v4 == nil || v6 == nil)
}
