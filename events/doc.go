// Package events brings committed changes to the sessions of the members whom they concern. It
// knows who listens and what a notification looks like, and nothing of sockets.
//
// # Promises
//
//   - A session sees the last value of every pair of a conversation that it takes part in, and the
//     values of one pair in rising Seq. A message comes before its pairs.
//   - Intermediate values may be folded into the newest: while a message has a large audience and
//     changes faster than Options.Interval, and while a session is behind. The first change always
//     goes out at once. A hall is told summaries in rounds, see round.
//   - Nothing is delivered to a user who was not a member when it was committed. A summary counts
//     what was committed before, which its reader may read.
//   - Publish waits for nobody: neither for a client nor for what was published before.
//
// # Order
//
// The broker takes Deltas in the order of their revisions and finishes one before the next, so what
// it does to memberships and what it delivers happen in one order: a member who was removed at
// revision r gets all pairs before r and nothing after.
//
// # Registering without a gap
//
// Attach comes first, then the caller reads which groups the user is in, then Join. Membership
// changes that are published in between are newer than what was read, and win.
package events
