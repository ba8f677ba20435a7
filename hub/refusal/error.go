package refusal

import "fmt"

// Error is a refusal as the client gets it: Code for the program, Message for the person. What only
// the operator should see belongs in the log instead.
type Error struct {
	Code    int
	Message string
	Data    any // for the program too, or nil
}

// Error returns the code and the sentence.
func (e *Error) Error() string { return fmt.Sprintf("%d: %s", e.Code, e.Message) }

// New returns an Error with a formatted message.
func New(code int, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Clip shortens a client's input so that a sentence can quote it.
func Clip(s string) string {
	const limit = 80
	if len(s) > limit {
		return s[:limit] + "..."
	}
	return s
}
