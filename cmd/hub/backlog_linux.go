package main

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// dropNew is a filter for the packets that come to a listening socket: all but the one that begins
// a connection pass. It loads the flags of the TCP header, and compares SYN and ACK with SYN alone.
var dropNew = [...]unix.SockFilter{
	{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: 13},
	{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: 0x12},
	{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: 0x02, Jf: 1},
	{Code: unix.BPF_RET | unix.BPF_K, K: 0},
	{Code: unix.BPF_RET | unix.BPF_K, K: 1<<32 - 1},
}

// refuseNew lets no connection begin at l any more, while those that have begun still come in. It
// reports whether it could: there are kernels that take a filter of root alone.
//
// The kernel resets what waits in the backlog of a socket that is closed. A balancer has sent its
// request on such a connection by then and can't know what became of it, so it may not send it to
// another hub. A connection that never began it may, and does.
func refuseNew(l net.Listener) bool {
	listening, ok := l.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := listening.SyscallConn()
	if err != nil {
		return false
	}
	program := unix.SockFprog{Len: uint16(len(dropNew)), Filter: &dropNew[0]}
	var set error
	err = raw.Control(func(fd uintptr) {
		set = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &program)
	})
	return err == nil && set == nil
}
