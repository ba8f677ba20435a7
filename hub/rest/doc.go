// Package rest is the REST door: POST /v4/<service>/<command>, which the app's backend calls in the
// name of an app admin. The commands on pairs are open to members of the conversation too.
//
// A call goes through rest.go (who calls, how often, how much), body.go (decodes the body) and the
// file of its family of commands, which calls package command and makes the reply.
//
// # Promises
//
//   - Whatever comes of a call, the answer is HTTP 200 with an envelope. Backends that were written
//     for Tencent Chat expect that.
//   - What a stranger can make the hub do is bounded: the body is read only once the caller has
//     proved to be a user who may call the command, and has not called too often.
//   - No member's calls use up what the backend or other members may call.
//
// It starts no goroutines: a call runs on net/http's, within its timeout, and ends with the hub.
package rest
