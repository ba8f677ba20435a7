// Package bucket speaks JetStream for kv: it opens a KV bucket, writes entries to it on a
// condition, and reads them as snapshots or as they come. It knows keys and revisions, and nothing
// of the messages, groups and votes that kv keeps under them.
//
// It takes care of what the plain client leaves open:
//
//   - Publish tells whether a write was refused, committed or unknown, and tries again while the
//     server is busy.
//   - Read never goes back in time, whichever replica answers.
//   - An answer that comes late is never taken for another request's.
//   - A Consumer reports a gap, and a Durable serves one hub at a time.
package bucket
