// Package wire reads the JSON that clients send, strictly, and writes the JSON that they get.
//
// Strictly means that a value of the wrong type is refused with its path and both types, and that a
// string that is not Unicode is never silently repaired into another one. Unknown members are
// ignored, so that newer clients can talk to older hubs.
package wire
