// Package kv keeps messages, their key-value pairs and groups in NATS JetStream KV buckets. It
// speaks JetStream through package bucket, below it; nothing above kv names NATS.
//
// # Promises
//
//   - A write returns only after JetStream acknowledged it.
//   - Update decides on the current state of a message, and commits only if nothing that was read
//     for it changed meanwhile. So racing writers, on one hub or on many, are decided one after
//     the other; none of them overwrites what it did not see.
//   - Run delivers every committed change in revision order. A revision that was overwritten before
//     it was read is skipped: the last value of every pair always comes.
//   - A Follower hears of every message whose pairs changed, at least once and in order of Seq,
//     across restarts and on one hub at a time.
//   - What UpdateGroup and Revoke have acknowledged is true on every hub: whatever it is asked, it
//     knows, or says that it can't tell (see marks).
//   - No pair of a message is above its close. It may come at a time, also if no hub is there then:
//     the first one that comes closes the message before it reads or changes it. A Summary is what
//     counting the pairs at its LatestSeq would give.
//   - Reads never go back in time on one Store, and see everything that this Store has written.
//   - A write whose outcome could not be learned returns ErrUnknown, never a guess.
//
// Less formally: the bucket is the only truth and its stream sequence is the only clock.
//
// # Bucket layout
//
// A bucket holds one entry per key, and every key starts with the object it belongs to: a message
// or a group. An object is what is written together, on one precondition.
//
//	c.<from>.<to>.<MsgKey>   a one-to-one message; this prefix is also its public ID
//	g.<groupID>.<MsgSeq>     a group message; likewise
//	  .m                     the message record, written once, and once more by a recall
//	  .c                     control: the last clear, and which deletions are no longer listed
//	  .x.<key>               a pair: the value's plain bytes
//	  .t                     a schedule: when the server closes the message
//	  .d                     written by the server at that time: the message is due to be closed
//	  .s                     the close: what comes after it is refused
//	g.<groupID>.n.m          the last number of a group message that expires, see counter.go
//	g.<groupID>._            a group
//	  .i                     what it is
//	  .u.<userID>            a member
//	u.<userID>.<groupID>     from a user back to a group: a hint, the member entry is the truth
//	a.<userID>               a user: up to when UserSigs are revoked
//	n.<userID>               a user's nick and avatar
//	l.<userID>.<userID>      a one-to-one conversation of the first, as new as its newest message
//	r.<userID>.c.<userID>    up to where a user has read a one-to-one conversation,
//	r.<userID>.g.<groupID>   and a group
//	h.<user>.<user>          the newest messages of a one-to-one conversation, in order, and
//	h.<user>.<user>.<n>      16 older ones each: an index, the records are the truth
//	h, l                     say that there is an index, and that conversations are listed
//	_                        the bucket itself: how many shards there are
//	_.hubs                   which bucket of marks was believed last, see belief
//
// Tokens keep letters, digits, - and _; every other byte is =HH.
//
// # What expires
//
// A message may live for a time (see Record.TTL). All of its entries then have JetStream's TTL: the
// record that time, and what is written to the message later, deletions too, what is left of it and
// a little more. So nothing of a message is gone before its record, and nothing that is left means
// anything: a message without a record is not there. How late it is at the servers is known from
// what they say, as a lower bound, so no clock of a hub matters. A hub that has the message in
// memory finds out by that bound; nobody is told.
//
// Nothing may follow from the absence of what expires: not that a number is free (see counter.go
// and index.go), nor that the end of the bucket was lost (see Anchor).
//
// # The precondition
//
// An entry is written to an object on the condition that the last sequence under "<object>.>" is
// still the one that the writer decided on (nats-server #5280). A single replica checks that under
// the stream's lock. A replicated stream checks it when the leader proposes (#4320), and excludes a
// second writer in flight only if both name the byte-identical filter. So the filter is built in
// one place: one that matches nothing would pass unchecked.
//
// A record that is recalled is written anew in place, without its content, because then no entry is
// left that has the content, whatever becomes of the hub meanwhile. It keeps what its place in the
// order said before: see recall.go.
//
// On a single replica, a change of one live pair that was decided on that pair alone is committed
// as a compare-and-swap: on the condition that this pair is still as it was (see cas.go). A message
// with rules has none of that, because a swap would not see the close (see poll.go).
//
// Several pairs that need not be written together are written one after the other there, whether
// one Update wants them or many, each on the condition that the message is as the one before has
// left it (see singly.go). They go to the server as a chain, in which each rests on the one before
// being the newest of the bucket (see bucket.PublishChain).
package kv
