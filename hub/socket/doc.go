// Package socket is one client's connection, and all the concurrency of writing to it.
//
// A Conn begins with an HTTP request (handshake.go), on a listener that bounds what the system
// keeps for it (listen.go). It reads frames for its session (conn.go, read.go; rawconn.go is the
// network connection below it, await.go waits on the smallest stack) and queues what leaves in a
// bounded outbox (outbox.go, queue.go). Writers, a few goroutines shared by all connections, write
// what waits (writers.go), or an event straight to the sockets of a whole group (fanout.go). What
// leaves is a Frame (frame.go). A connection ends with a code (codes.go), within one deadline
// (close.go).
//
// # Promises
//
//   - Frames of one connection leave whole and in the order in which they were queued.
//   - What waits for one client is bounded. Events of one message fold into the newest, and a
//     client for which 1 MiB of them waits even so is closed with CloseSlow; while 256 KiB of
//     answers wait, its next request does.
//   - Nothing waits for a client but the goroutines that serve that client alone, and these for no
//     longer than the write timeout.
package socket
