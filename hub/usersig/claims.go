package usersig

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"errors"
	"io"
	"reflect"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	// maxText and maxJSON are about ten times the longest real UserSig. They keep strangers, who
	// need no account to send one, from making the hub inflate a bomb.
	maxText = 4 << 10
	maxJSON = 4 << 10

	// maxSeconds bounds both times so that their sum cannot overflow; it is some 34,000 years.
	maxSeconds = 1 << 40

	version = "2.0"
)

// Claims is what a UserSig says about itself. None of it is proven before Check has returned nil.
type Claims struct {
	User   string
	AppID  uint64
	Issued time.Time
	Until  time.Time // the last second at which it is valid

	content content
	mac     []byte
}

// envelope is the JSON object inside a UserSig.
type envelope struct {
	Version  string `json:"TLS.ver"`
	User     string `json:"TLS.identifier"`
	AppID    uint64 `json:"TLS.sdkappid"`
	Issued   int64  `json:"TLS.time"`
	Validity int64  `json:"TLS.expire"`
	// Both are base64
	UserBuf string `json:"TLS.userbuf,omitempty"`
	MAC     string `json:"TLS.sig"`
}

// encoding is base64 with the three characters replaced that have a meaning in URLs.
var encoding = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-").
	WithPadding('_').Strict()

// Parse decodes a UserSig without verifying it. It returns an *Error with code Empty or Malformed.
func Parse(sig string) (Claims, error) {
	if sig == "" {
		return Claims{}, refuse(Empty, "the UserSig is empty")
	}
	if len(sig) > maxText {
		return Claims{}, refuse(Malformed, "the UserSig is %d bytes long, more than %d", len(sig), maxText)
	}
	// The decoder skips line breaks; a UserSig must not have any.
	if strings.ContainsAny(sig, "\r\n") {
		return Claims{}, refuse(Malformed, "the UserSig contains a line break")
	}
	packed, err := encoding.DecodeString(sig)
	if err != nil {
		return Claims{}, refuse(Malformed, "the UserSig is not URL-safe base64 or is cut off")
	}
	raw, err := inflate(packed)
	if err != nil {
		return Claims{}, err
	}
	var e envelope
	if err := json.Unmarshal(raw, &e, asOthers); err != nil {
		return Claims{}, refuse(Malformed, "%s", notEnvelope(err))
	}
	return e.claims()
}

// asOthers reads what the public implementations read: of two members with the same name the last
// one counts, and what is not UTF-8 is replaced.
var asOthers = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// notEnvelope says why JSON is not an envelope, in JSON's words: those of the library are about
// this package's types.
func notEnvelope(err error) string {
	var wrong *json.SemanticError
	if !errors.As(err, &wrong) {
		return "the UserSig does not hold JSON"
	}
	is := "a string"
	switch wrong.JSONKind {
	case 'n':
		is = "null"
	case 't', 'f':
		is = "true or false"
	case '0':
		is = "a number"
		if number := string(wrong.JSONValue); len(number) > maxNumber {
			is = "the number " + number[:maxNumber] + "..."
		} else if number != "" {
			is = "the number " + number
		}
	case '[':
		is = "a list"
	case '{':
		is = "an object"
	}
	field := wrong.JSONPointer.LastToken()
	switch {
	case field == "":
		return "the UserSig holds " + is + ", not an object"
	case wrong.GoType.Kind() == reflect.Uint64:
		return field + " is " + is + ", not a whole number from 0 to 2^64-1"
	case wrong.GoType.Kind() == reflect.Int64:
		return field + " is " + is + ", not a whole number"
	}
	return field + " is " + is + ", not a string"
}

// maxNumber is how many digits of a number a refusal repeats.
const maxNumber = 16

// inflaters is a pool, because an inflater takes 40 KB and is used only while a few hundred bytes
// are read.
var inflaters sync.Pool

func inflate(packed []byte) ([]byte, error) {
	// A bytes.Reader is read byte by byte, so what is left in it at the end is not part of the zlib
	// stream.
	src := bytes.NewReader(packed)
	z, err := getInflater(src)
	if err != nil {
		return nil, refuse(Malformed, "the UserSig does not inflate")
	}
	defer inflaters.Put(z)
	raw, err := io.ReadAll(io.LimitReader(z, maxJSON+1))
	switch {
	case err != nil:
		return nil, refuse(Malformed, "the UserSig does not inflate or is cut off")
	case len(raw) > maxJSON:
		return nil, refuse(Malformed, "the UserSig inflates to more than %d bytes", maxJSON)
	case src.Len() > 0:
		return nil, refuse(Malformed, "the UserSig has %d bytes after its end", src.Len())
	}
	return raw, nil
}

func getInflater(src io.Reader) (io.Reader, error) {
	z, used := inflaters.Get().(io.Reader)
	if !used {
		return zlib.NewReader(src)
	}
	return z, z.(zlib.Resetter).Reset(src, nil)
}

func (e envelope) claims() (Claims, error) {
	switch {
	case e.Version != version:
		return Claims{}, refuse(Malformed, "the UserSig has TLS.ver %q, not %q", e.Version, version)
	case !validUser(e.User):
		return Claims{}, refuse(Malformed, "the UserSig has an empty TLS.identifier or one with control characters")
	case e.Issued < 0 || e.Issued > maxSeconds:
		return Claims{}, refuse(Malformed, "the UserSig has a TLS.time out of range")
	case e.Validity < 0 || e.Validity > maxSeconds:
		return Claims{}, refuse(Malformed, "the UserSig has a TLS.expire out of range")
	}
	userBuf, err := base64.StdEncoding.DecodeString(e.UserBuf)
	if err != nil {
		return Claims{}, refuse(Malformed, "the UserSig has a TLS.userbuf that is not base64")
	}
	mac, err := base64.StdEncoding.DecodeString(e.MAC)
	if err != nil {
		return Claims{}, refuse(Malformed, "the UserSig has a TLS.sig that is not base64")
	}
	return Claims{
		User:    e.User,
		AppID:   e.AppID,
		Issued:  time.Unix(e.Issued, 0),
		Until:   time.Unix(e.Issued+e.Validity, 0),
		content: content{e.User, e.AppID, e.Issued, e.Validity, userBuf},
		mac:     mac,
	}, nil
}

// validUser refuses control characters. The signed content separates its lines by a line feed, so a
// user called "bob\nTLS.sdkappid:..." would be signed with the same bytes as bob with other times.
func validUser(user string) bool {
	return user != "" && utf8.ValidString(user) && !strings.ContainsFunc(user, unicode.IsControl)
}
