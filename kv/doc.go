// Package kv keeps messages, their key-value pairs and groups in NATS JetStream KV buckets. Package bucket below it speaks JetStream; nothing above kv names NATS.
//
// # Promises
//
//   - A write returns only after JetStream acknowledged it.
//   - Update decides on the current state of a message and commits only if nothing that it looked at changed meanwhile. Racing writers, on one
//     hub or on many, are therefore decided one after the other; none of them overwrites what it did not see.
//   - Run delivers every committed change in revision order, except that a revision which was overwritten before it was read is skipped: the last
//     value of every pair always comes.
//   - A Follower hears of every message whose pairs changed, at least once and in order of Seq, across restarts and on one hub at a time.
//   - Reads never go back in time on one Store, and see everything that this Store has written.
//   - A write whose outcome could not be learned returns ErrUnknown, never a guess.
//
// Less formally: the bucket is the only truth and its stream sequence is the only clock.
//
// # Bucket layout
//
// A bucket holds one entry per key, and every key starts with the object it belongs to. A object is what is written together and guarded together.
//
//	c.<from>.<to>.<MsgKey>        a one-to-one message; this prefix is also its public ID
//	g.<groupID>.<MsgSeq>          a group message; likewise
//	  .m                          the message record, written once
//	  .c                          control: the last clear, and which deletions are no longer listed
//	  .x.<key>                    a pair: the value's plain bytes
//	g.<groupID>._                 a group
//	  .i                          what it is
//	  .u.<userID>                 a member
//	u.<userID>.<groupID>          the way back from a user to a group: a hint, the member entry is the truth
//	_                             the bucket itself: how many shards there are
//
// Tokens keep letters, digits, - and _; every other byte is =HH.
//
// # The precondition
//
// An entry written to an object carries the expectation that the last sequence under "<object>.>" is still the one that the writer decided on. One
// replica checks that under the stream's lock. A replicated stream checks it when the leader proposes, and excludes a second writer in flight only
// if both name the byte-identical filter: the filter is built in one place because one that matches nothing would pass unchecked.
//
// On one replica a change of a live pair that was decided on that pair alone expects no more than that it is still as it was, see cas.
package kv
