package hub

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"unicode/utf8"
)

// decodeParams reads params into a struct. Unknown members are ignored; one of the wrong type is refused with code and its name.
func decodeParams(raw json.RawMessage, into any, code int) error {
	if len(raw) == 0 {
		return nil
	}
	err := json.Unmarshal(raw, into)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		return refuse(code, "%s: %s is not %s", field(wrong), wrong.Value, kind(wrong.Type))
	case err != nil:
		return refuse(code, "params: %v", err)
	}
	return nil
}

func field(e *json.UnmarshalTypeError) string {
	if e.Field == "" {
		return "params"
	}
	return e.Field
}

func kind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return "an integer"
	case reflect.Uint32:
		return "an integer from 0 to 4294967295"
	case reflect.Slice:
		return "an array"
	}
	return "an object"
}

// text is a string from outside. encoding/json replaces what is not UTF-8, so that two keys could become one unseen; text becomes notText instead,
// which no rule accepts.
type text string

const notText = "\xff"

// UnmarshalJSON reads a string.
func (t *text) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		return nil
	}
	if raw[0] != '"' {
		return &json.UnmarshalTypeError{Value: name(raw), Type: reflect.TypeFor[string]()}
	}
	switch escapes := bytes.IndexByte(raw, '\\') >= 0; {
	case !utf8.Valid(raw), escapes && loneSurrogate(raw):
		*t = notText
	case escapes:
		return json.Unmarshal(raw, (*string)(t))
	default:
		*t = text(raw[1 : len(raw)-1])
	}
	return nil
}

// name says what kind of JSON value this is, in the words of package json.
func name(raw []byte) string {
	switch raw[0] {
	case '{':
		return "object"
	case '[':
		return "array"
	case 't', 'f':
		return "bool"
	}
	return "number"
}

// loneSurrogate reports whether a JSON string has half of a surrogate pair: \ud800 to \udbff without \udc00 to \udfff behind it, or the other way round.
func loneSurrogate(raw []byte) bool {
	high := false
	for i := 0; i < len(raw); i++ {
		unit := rune(0)
		if raw[i] == '\\' {
			if raw[i+1] == 'u' {
				unit = hex4(raw[i+2:])
				i += 4
			}
			i++
		}
		if low := unit >= 0xdc00 && unit <= 0xdfff; low != high {
			return true
		}
		high = unit >= 0xd800 && unit <= 0xdbff
	}
	return high
}

// hex4 reads the four digits of an escape, which the JSON parser has checked.
func hex4(raw []byte) (r rune) {
	for _, c := range raw[:4] {
		switch {
		case c <= '9':
			c -= '0'
		default:
			c = c&^0x20 - 'A' + 10
		}
		r = r<<4 | rune(c)
	}
	return r
}
