// Package socket is one client's connection, and all the concurrency of writing to it.
//
// A Conn reads frames for its session (conn.go; rawconn.go is the network connection below it,
// await.go waits on the smallest stack) and queues what leaves in a bounded outbox (outbox.go,
// queue.go). Writers, a few goroutines shared by all connections, write what waits (writers.go), or
// an event straight to the sockets of a whole group (fanout.go). What leaves is a Frame (frame.go),
// and a connection ends with a code (codes.go).
//
// # Promises
//
//   - Frames of one connection leave whole and in the order in which they were queued.
//   - What waits for one client is at most 1 MiB: events of one message fold into the newest, and a
//     client that is too slow even so is closed with CloseSlow.
//   - Nothing waits for a client but the goroutine that serves that client alone.
package socket
