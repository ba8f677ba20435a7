package refusal

import "fmt"

// Error is a refusal as the client gets it: Code for the program, Message for the person. What only the operator should see goes to the log.
type Error struct {
	Code    int
	Message string
	Data    any // what the SDK may act on, or nil
}

func (e *Error) Error() string { return fmt.Sprintf("%d: %s", e.Code, e.Message) }

// refuse returns an Error with a formatted message.
func New(code int, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// clip shortens what a client sent for a sentence about it.
func Clip(s string) string {
	const most = 80
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}
