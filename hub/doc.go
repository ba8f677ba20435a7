// Package hub lets clients in and carries out what they ask for.
//
// # The road
//
// One road, one direction; each step with the file to read.
//
//	a frame arrives          session.go    one reader goroutine per connection, one request at a time; await.go while there is none
//	what does it ask for     frame.go      JSON-RPC 2.0, strictly; params.go for what is inside
//	which method             methods.go    decode, call a command, encode (groupmethods.go, wire.go)
//	or a call arrives        rest.go       who calls, how often, how much; restbody.go for what is inside, rest*.go for each command
//	may it, is it well made  command.go    the same for every door, with rules.go, which is pure
//	what becomes of it       extensions.go page.go messages.go history.go groups.go members.go invite.go
//	the store decides        package kv    and acknowledges; the answer goes back the same way
//	the change is told       package events  from the bucket's tail only: also the author hears of it there
//	or the whole group's     fanout.go     straight to the sockets of those for whom nothing else waits
//	a frame leaves           outbox.go     a bounded queue per session, written by writers.go
//
// A stranger becomes a user in login.go. hub.go holds it all together and takes it apart again.
//
// # Promises
//
//   - A refusal changes nothing, says which field and why, and has a code of the table in codes.go. What goes wrong on our side is 10002, in a sentence
//     that says whether anything may have been written.
//   - The requests of one session are carried out in the order in which they came, each within Options.RequestTimeout.
//   - What a client can make the hub hold is bounded: one request, an outbox of 1 MiB, Options.MaxSessionsPerUser sessions.
//   - A connection ends with a code whose range says whether to come back.
//
// # Goroutines
//
// Every go statement and sync.WaitGroup.Go of the package:
//
//	session.go  begin, run    a session's reader, a fresh one now and then; ends with its connection; Shutdown waits for all (sessions.go)
//	writers.go  startWriters  the shared writers, one per CPU; end with writers.stop, which waits
//	writers.go  serve         the writer of a client whose socket is full; ends when it has caught up, fails or times out; stop waits
//	conn.go     close         says goodbye within the write timeout; stop waits
//
// Timers (time.AfterFunc) run three short things: a late login, a silent client, an expired UserSig. They end with the session.
package hub
