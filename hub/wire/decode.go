package wire

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"exthub/hub/refusal"
)

// Lenient makes the decoder accept what JavaScript accepts: of two members with the same name the
// last one counts. It lets through what is not UTF-8, because ParseString checks that. It is for
// finding values, not for decoding objects: of two objects under one name the decoder would make
// one that has members of both.
var Lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// Decode decodes raw into a struct. Unknown members are ignored; one of the wrong type is refused
// with code and its path, and so is a name that an object has twice: what somebody in front of the
// hub has seen of it need not be what the hub sees. A string that is not Unicode becomes one that
// no rule accepts. An empty raw leaves the struct as it is.
func Decode(raw []byte, into any, code int) error { return decode(raw, into, code, strict) }

// DecodeKnown is Decode for a request that deletes: it refuses an unknown member with code and its
// path. A misspelt member would otherwise be one that is absent, and the request would delete more
// than its author meant.
func DecodeKnown(raw []byte, into any, code int) error { return decode(raw, into, code, known) }

// DecodeMember decodes the value of the member of this name into a struct, and refuses an unknown
// member of it: it is for what must be understood as a whole or not at all.
func DecodeMember(raw []byte, into any, code int, name string) error {
	err := decode(raw, into, code, known)
	var refused *refusal.Error
	if errors.As(err, &refused) {
		for i, field := range refused.Fields {
			refused.Fields[i] = name
			if field != wholeParams {
				refused.Fields[i] += "." + field
			}
		}
		if refused.Text == unknownMember {
			refused.Text = "unknown"
		}
	}
	return err
}

func decode(raw []byte, into any, code int, options json.Options) error {
	if len(raw) == 0 {
		return nil
	}
	err := json.Unmarshal(raw, into, options)
	if err == nil {
		return nil
	}
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		if errors.Is(semantic, json.ErrUnknownName) {
			return refusal.Field(code, refusal.Clip(path(semantic.JSONPointer)), unknownMember)
		}
		return refusal.Field(code, path(semantic.JSONPointer), "%s is not %s",
			valueName(semantic), typeName(semantic.GoType))
	}
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) && errors.Is(err, jsontext.ErrDuplicateName) {
		return refusal.Field(code, refusal.Clip(path(syntactic.JSONPointer)), "given twice")
	}
	return refusal.Field(code, wholeParams, "%v", err)
}

const (
	wholeParams   = "params" // the path of the whole
	unknownMember = "unknown, and a request that deletes may have no unknown members"
)

// path returns where in the params something is, like extensions[0].key.
func path(pointer jsontext.Pointer) string {
	name := ""
	for token := range pointer.Tokens() {
		switch {
		case strings.Trim(token, "0123456789") == "":
			name += "[" + token + "]"
		case name == "":
			name = token
		default:
			name += "." + token
		}
	}
	if name == "" {
		return wholeParams
	}
	return name
}

// valueName names the kind of the value that was there instead.
func valueName(e *json.SemanticError) string {
	switch e.JSONKind {
	case 'n':
		return "null"
	case 't', 'f':
		return "bool"
	case '0':
		if len(e.JSONValue) > 0 {
			return "number " + refusal.Clip(string(e.JSONValue))
		}
		return "number"
	case '[':
		return "array"
	case '{':
		return "object"
	}
	return "string"
}

// typeName names what a field of this type takes.
func typeName(t reflect.Type) string {
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

// strict reads everything of type string with ParseString, and refuses a name that an object has
// twice.
var strict = json.JoinOptions(
	jsontext.AllowInvalidUTF8(true), json.WithUnmarshalers(json.UnmarshalFromFunc(unmarshalString)),
)

// known is strict, and refuses members that the struct does not have.
var known = json.JoinOptions(strict, json.RejectUnknownMembers(true))

// unmarshalString reads the next value with ParseString.
func unmarshalString(d *jsontext.Decoder, s *string) error {
	raw, err := d.ReadValue()
	if err != nil {
		return err
	}
	return ParseString(raw, s)
}

// notText is what a string becomes that is not Unicode. A decoder would replace what is wrong in
// it, so that two different keys could become the same. notText is not UTF-8, and not printable
// ASCII either, so that no rule accepts it.
const notText = "\xff"

// ParseString reads a JSON string, or null, which leaves s as it is. raw must be valid JSON but for
// its UTF-8, as the decoder returns it.
func ParseString(raw jsontext.Value, s *string) error {
	switch kind := raw.Kind(); kind {
	case 'n':
		return nil
	case '"':
	default:
		return &json.SemanticError{JSONKind: kind, GoType: reflect.TypeFor[string]()}
	}
	switch escapes := bytes.IndexByte(raw, '\\') >= 0; {
	case !utf8.Valid(raw), escapes && loneSurrogate(raw):
		*s = notText
	case escapes:
		plain, err := jsontext.AppendUnquote(nil, raw)
		*s = string(plain)
		return err
	default:
		*s = string(raw[1 : len(raw)-1])
	}
	return nil
}

// loneSurrogate reports whether a JSON string has half of a surrogate pair: \ud800 to \udbff
// without \udc00 to \udfff behind it, or the other way round.
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

// hex4 returns the value of the four digits of an escape, which the JSON parser has checked.
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
