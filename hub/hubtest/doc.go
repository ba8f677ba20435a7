// Package hubtest is what tests of the hub use to run one and to speak with it, as clients and
// backends do.
//
//   - World is a hub in this process with everything real: a NATS server, a store, sockets.
//   - Client speaks WebSocket one request at a time and fails the test when something unexpected
//     happens. It reads only when it is asked to, so the order of notifications and answers can be
//     tested, and so can a client that does not read.
//   - Session speaks WebSocket with a reader of its own, for many goroutines at once. It returns
//     errors, which tell a refusal from an outcome that is not known.
//   - Backend speaks REST.
//
// Only tests may import it. The load in package bench does not: see there.
package hubtest
