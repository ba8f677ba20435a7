// Package bench puts a hub under load from outside and reports what that cost. It speaks the hub's
// own protocol over real sockets and knows nothing of how a hub works, so it measures any hub that
// can be reached.
//
// # What is measured
//
//	connect  connections with their logins, of members of one group, at a rate or as fast as
//	         the hub takes them
//	idle     sessions that only ping: memory and CPU for each
//	fanout   events to an audience: one writer at a time waits until all have seen its change,
//	         or many write at a rate
//	write    sets of many clients, each on a message of its own
//	ruled    the same on messages with rules
//	batch    sets of ten pairs at a time, of clients with messages of their own
//	hot      sets of many clients, all on one message
//	read     all pairs of one message, read again and again
//	storm    the audience is cut off at once and comes back while votes go on
//	hall     a poll with rules: votes at a rate, each voter in their own name, before viewers, and
//	         the close
//	summaries  the audience logs in at once, and everybody reads the summary of a poll
//	mixed    a rate of sets, as many reads and a few reconnects in front of an audience
//
// # What can be trusted
//
//   - Fan-out and storm check what they measure: every viewer must end with the last value of every
//     pair, or the run fails. In a hall every viewer must end with what counting the acknowledged
//     votes gives, and be told of the close.
//   - The server's CPU, memory and allocations come from its own metrics address, so the load's
//     share is not among them. Without that address the figures are left out, not guessed.
//   - A delivery counts when the client has parsed the frame, and its time runs from the oldest
//     change in the frame.
//   - Every run ends by itself: clients, rate and duration are bounded, and the group that was made
//     on the hub is dismissed.
//
// # What the load costs
//
// A connection is a goroutine and 4 KiB; frames are neither masked nor copied nor decoded as JSON.
// That is why the load has a socket of its own and does not speak through hub/hubtest, as the tests
// do: a client that masks, copies and decodes would cost more CPU than the hub it measures. Hub and
// load are still better on two machines: on one they compete for the CPU, and rates say as much
// about the load as about the hub. CPU per operation does not suffer from that.
package bench
