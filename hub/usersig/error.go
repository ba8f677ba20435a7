package usersig

import "fmt"

// These are the codes of a refused UserSig, as Tencent Chat numbers them.
const (
	Expired   = 70001
	Empty     = 70002
	Malformed = 70003 // not a UserSig: cut off, garbled, too large or with something after its end
	WrongKey  = 70009
	WrongUser = 70013
	WrongApp  = 70014
	Revoked   = 70052 // not by Check, which knows nothing of it
)

// Error says why a UserSig is refused.
type Error struct {
	Code   int    // one of the constants above
	Reason string // one sentence without a full stop, fit to be shown to the caller
}

func (e *Error) Error() string { return e.Reason }

func refuse(code int, format string, args ...any) error {
	return &Error{code, fmt.Sprintf(format, args...)}
}
