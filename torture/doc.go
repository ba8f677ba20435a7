// Package torture tests the hub's promises under races and faults. It holds tests only;
// docs/consistency.md says what was found.
//
// # What runs
//
// Real parts: whole hubs, in the test process or in processes of their own, on one NATS node or on
// a cluster whose nodes are processes too, and clients over real WebSockets. Between clients and
// hubs, between hubs and NATS and between NATS nodes there are proxies that delay, throttle, freeze
// and cut connections.
//
// A world is one such installation with a group in every bucket, a few messages and their members:
// writers that set, delete, clear and get, each naming the Seq that it knows; watchers that follow
// by events and come back with their last Seq; one member that is removed from the groups halfway.
// A fault strikes meanwhile. Then all of them stop, and the journal of what they did is compared
// with the buckets, which a plain NATS client reads.
//
// # What is checked
//
//   - The history of every message is linearizable (porcupine): sets, deletions and clears with the
//     Seq that they name and get, refusals included. What went unanswered may have happened at any
//     time, or not at all. See model.
//   - A get is answered from the hub's cache: all pairs as they were at one revision, which is not
//     older than anything that this client has seen on this hub. It may be older than what another
//     client has just been told.
//   - What was acknowledged is in the bucket, or something newer that a client wrote.
//   - Every watcher ends with what the bucket holds, saw the values of each pair in rising Seq, and
//     was given exactly the difference when it came back. The member that was removed saw nothing
//     newer than the removal.
//   - Of several pairs that one request set or deleted, and that went unanswered, the first are as
//     it asked for, and the others are as they were. Of an atomic set it is all or none. See sheet.
//   - Whether a guest of another group may write and read is linearizable on every hub, with all
//     that add it and remove it on whichever hub. See membership.
//
// # Two lengths
//
// go test runs every fault once. make torture runs each at least twenty times and prints a table.
package torture
