// Package hub is the WebSocket door and the life of both doors: it lets clients in, keeps their
// sessions and shuts everything down in order.
//
// # The road
//
// A request goes one way, step by step; each step with the file to read.
//
//	a frame arrives          session.go       one reader per connection, one request at a time
//	what is asked for        request.go       JSON-RPC 2.0, strictly; hub/wire for params
//	which method             methods.go       decode, call a command, encode; groupmethods.go
//	or a call arrives        hub/rest         who calls, how often, how much; then the same
//	may it, is it well made  hub/command      the same for every door; rules.go is pure
//	the store decides        package kv       and acknowledges; the answer goes back the same way
//	the change is told       package events   from the bucket's tail only, to the author too
//	a frame leaves           hub/socket       a bounded outbox per session, shared writers
//
// Package refusal makes the refusals, whichever step refuses. login.go turns a connection into a
// user's session. hub.go wires the parts together and stops them.
//
// # Promises
//
//   - A refusal changes nothing, names the field and the reason, and has a code of the table in
//     hub/refusal. A failure on the hub's side is 10002, with a sentence that says whether anything
//     may have been written.
//   - The requests of one session are carried out in the order in which they came, each within
//     Options.RequestTimeout.
//   - What a client can make the hub hold is bounded: one request, an outbox of 1 MiB and an
//     answer, Options.MaxSessionsPerUser sessions, over all hubs together.
//   - A connection ends with a close code whose range says whether to come back, and within
//     Options.WriteTimeout whatever the client does. It counts until its socket is closed.
//   - A client that goes on asking faster than it may is sent away within seconds.
//
// # Goroutines
//
// Every go statement and sync.WaitGroup.Go of the package and of hub/socket:
//
//	session.go          start, run    a session's reader, a fresh one after each pause, also
//	                                  of a refused login; ends when its socket is closed;
//	                                  Shutdown waits (sessions.go)
//	socket/writers.go   StartWriters  the shared writers, one per CPU; Writers.Stop ends them
//	socket/writers.go   serve         the writer of a client whose socket is full; ends when
//	                                  that has caught up, failed or timed out; Stop waits
//	socket/close.go     Close         says goodbye within the write timeout; Writers.Stop waits
//
// Timers (time.AfterFunc) run four short functions: for a late login, a silent client, an expired
// UserSig (alarm.go) and a goodbye that takes too long. They end with the session.
package hub
