// Package guest is the door for people whom nobody vouches for: whoever asks is given a user ID
// that nobody chose, and a UserSig for it. What a guest may do is for package command to say.
//
// A guest's ID is "guest-" and 22 random characters. Its UserSig is signed under a key of its own,
// which is made from the app's: this door could sign for nobody but guests, whatever went wrong in
// it, and a backend that signs for the names that its visitors choose can't sign for a guest.
//
// The hub keeps nothing about guests. A browser that comes back within 30 days shows the UserSig
// that it had, and is given a fresh one for the same ID; so one person has one vote, as far as a
// browser can tell. Whoever throws the UserSig away is somebody else, which is why each address is
// let in only so often.
//
// # Promises
//
//   - Nobody gets a UserSig for a name of their choice.
//   - A UserSig is renewed only for who holds one that this door has signed, and not once its user
//     was kicked out.
//   - The work and the memory for one request are bounded, and so is what is kept about addresses.
package guest
