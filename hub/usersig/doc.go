// Package usersig signs and verifies UserSig (TLSSigAPIv2), the password that an app's backend
// makes for a user.
//
// A UserSig is URL-safe base64 of zlib of a JSON object with the user, the app, the time of issue,
// the seconds of validity and an HMAC-SHA256 of these under the app's secret key. Implementations
// differ in the order of JSON members and in the compression level, so a UserSig has no canonical
// bytes: it is parsed and its content signed anew, never compared as text.
//
// What holds:
//   - Verify returns nil only if a holder of the key vouched for this user in this app at this
//     time.
//   - Work is bounded for any input: the text and what it inflates to are capped before anything is
//     parsed.
//   - Time is an argument; nothing here reads a clock.
//   - A time of issue in the future is accepted. A backend that can date ahead holds the key and
//     could as well sign a longer validity, so a limit would stop nobody but backends whose clock
//     is fast.
//   - A userbuf (used by real-time audio and video) is covered by the HMAC and otherwise ignored.
package usersig
