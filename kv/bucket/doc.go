// Package bucket speaks JetStream for kv: it opens a KV bucket, writes entries to it on a condition, and reads them. It knows keys and revisions, and nothing of
// the messages, groups and votes that kv keeps under them.
package bucket
