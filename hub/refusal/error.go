package refusal

import (
	"fmt"
	"strings"
)

// Error is a refusal as the client gets it: Code for the program, Message for the person. What only
// the operator should see belongs in the log instead.
type Error struct {
	Code int

	// Fields are the paths of the parameters that the refusal is about, nearly always one or none,
	// like extensions[0].key. Package command names them as the WebSocket door does; the REST door
	// puts its own names in their place. A message that merely mentions a parameter is not renamed.
	Fields []string

	Text string // what is wrong, without the fields

	// Other is the path of another parameter, which the sentence ends with, or empty.
	Other string

	Data any // for the program too, or nil
}

// Message returns the sentence that the client gets: the fields, if there are any, and the text.
func (e *Error) Message() string {
	sentence := e.Text
	if len(e.Fields) > 0 {
		sentence = strings.Join(e.Fields, " and ") + ": " + e.Text
	}
	return sentence + e.Other
}

// Error returns the code and the message.
func (e *Error) Error() string { return fmt.Sprintf("%d: %s", e.Code, e.Message()) }

// New returns a refusal that is not about a parameter.
func New(code int, format string, args ...any) *Error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}

// Field returns a refusal that is about one parameter.
func Field(code int, field, format string, args ...any) *Error {
	return Fields(code, []string{field}, format, args...)
}

// Fields returns a refusal that is about several parameters together.
func Fields(code int, fields []string, format string, args ...any) *Error {
	return &Error{Code: code, Fields: fields, Text: fmt.Sprintf(format, args...)}
}

// SameAs returns the refusal of a parameter that must differ from another one.
func SameAs(code int, field, other string) *Error {
	return Field(code, field, "the same as ").Naming(other)
}

// Naming lets the sentence end with another parameter, and returns the refusal.
func (e *Error) Naming(other string) *Error {
	e.Other = other
	return e
}

// Clip shortens a client's input so that a sentence can quote it.
func Clip(s string) string {
	const limit = 80
	if len(s) > limit {
		return s[:limit] + "..."
	}
	return s
}
