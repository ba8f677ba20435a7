// Package command is what can be asked of a hub, by whom and under which rules. It is the same for
// every door: a rule that stood in a door would hold at that door only.
//
// A door decodes a request into a plain struct, calls the method of Commands for it and encodes
// what comes back. A Caller says who asks. Most methods run in three steps: the rules that need
// nothing but the request (rules.go, pure: no clock, no I/O), the caller's access to the
// conversation, and the decision, which the store makes on the state that it commits to.
//
// # Promises
//
//   - A command that breaks a rule changes nothing; a refused set only counts as its caller's
//     attempt.
//   - An error is a *refusal.Error, or one of a layer below that Translate turns into one.
//   - A guest may read the groups that were made open to guests, and write on their messages what
//     is the writer's own: see guest.go.
//   - Commands start no goroutines, and everything that they may wait for ends with their context.
package command
