// Package command is what can be asked of a hub, by whom, and under which rules: the same for every door.
//
// A door decodes a request, calls one of the methods of Commands and encodes what comes back. Commands are plain structs. Who asks is a Caller. An answer that
// is an error is a *refusal.Error, or a foreign one for Translate. Rules (rules.go) are pure: no clock, no I/O.
package command
