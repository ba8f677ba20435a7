// Package hub is the WebSocket door, and the life of both doors: it lets clients in, keeps their sessions and takes them apart again.
//
// # The road
//
// One road, one direction; each step with the file to read.
//
//	a frame arrives          session.go       one reader goroutine per connection, one request at a time
//	what does it ask for     request.go       JSON-RPC 2.0, strictly; hub/wire for what is inside
//	which method             methods.go       decode, call a command, encode (groupmethods.go, results.go)
//	or a call arrives        hub/rest         who calls, how often, how much; then the same
//	may it, is it well made  hub/command      the same for every door; rules.go is pure
//	the store decides        package kv       and acknowledges; the answer goes back the same way
//	the change is told       package events   from the bucket's tail only: also the author hears of it there
//	a frame leaves           hub/socket       a bounded outbox per session, shared writers; an event of a large group straight to its sockets
//
// A refusal is made by package refusal, wherever it is made. A stranger becomes a user in login.go. hub.go holds it all together and takes it apart again.
//
// # Promises
//
//   - A refusal changes nothing, says which field and why, and has a code of the table in hub/refusal. What goes wrong on our side is 10002, in a sentence
//     that says whether anything may have been written.
//   - The requests of one session are carried out in the order in which they came, each within Options.RequestTimeout.
//   - What a client can make the hub hold is bounded: one request, an outbox of 1 MiB, Options.MaxSessionsPerUser sessions.
//   - A connection ends with a code whose range says whether to come back.
//
// # Goroutines
//
// Every go statement and sync.WaitGroup.Go of the package and of hub/socket:
//
//	session.go          begin, run    a session's reader, a fresh one now and then; ends with its connection; Shutdown waits for all (sessions.go)
//	socket/writers.go   StartWriters  the shared writers, one per CPU; end with Writers.Stop, which waits
//	socket/writers.go   serve         the writer of a client whose socket is full; ends when it has caught up, fails or times out; Stop waits
//	socket/conn.go      Close         says goodbye within the write timeout; Stop waits
//
// Timers (time.AfterFunc) run three short things: a late login, a silent client, an expired UserSig. They end with the session.
package hub
