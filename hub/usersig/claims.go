package usersig

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/json"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	// maxText and maxJSON are about ten times what the longest real UserSig takes. They keep a stranger, who needs no
	// account to send one, from making us inflate a bomb.
	maxText = 4 << 10
	maxJSON = 4 << 10

	// maxSeconds bounds both times so that their sum cannot overflow; it is some 34,000 years.
	maxSeconds = 1 << 40

	version = "2.0"
)

// Claims is what a UserSig says about itself. Nothing in it is true before Check has returned nil.
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
	UserBuf  []byte `json:"TLS.userbuf,omitempty"`
	MAC      []byte `json:"TLS.sig"`
}

// encoding is base64 with the three characters replaced that mean something in a URL.
var encoding = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-").WithPadding('_').Strict()

// Parse reads a UserSig without judging it. It returns an *Error with code Empty or Malformed.
func Parse(sig string) (Claims, error) {
	if sig == "" {
		return Claims{}, refuse(Empty, "the UserSig is empty")
	}
	if len(sig) > maxText {
		return Claims{}, refuse(Malformed, "the UserSig is %d bytes long, more than %d", len(sig), maxText)
	}
	// The decoder skips line breaks; a UserSig has none.
	if strings.ContainsAny(sig, "\r\n") {
		return Claims{}, refuse(Malformed, "the UserSig contains a line break")
	}
	packed, err := encoding.DecodeString(sig)
	if err != nil {
		return Claims{}, refuse(Malformed, "the UserSig is not URL-safe base64 or is cut off: %v", err)
	}
	raw, err := inflate(packed)
	if err != nil {
		return Claims{}, err
	}
	var e envelope
	if err := json.Unmarshal(raw, &e); err != nil {
		return Claims{}, refuse(Malformed, "the UserSig does not hold the JSON that it should: %v", err)
	}
	return e.claims()
}

// inflaters have 40 KB each, and are needed for as long as it takes to read a few hundred bytes.
var inflaters sync.Pool

func inflate(packed []byte) ([]byte, error) {
	// A bytes.Reader is read byte by byte, so what it still holds at the end is not part of the zlib stream.
	src := bytes.NewReader(packed)
	z, err := getInflater(src)
	if err != nil {
		return nil, refuse(Malformed, "the UserSig does not inflate: %v", err)
	}
	defer inflaters.Put(z)
	raw, err := io.ReadAll(io.LimitReader(z, maxJSON+1))
	switch {
	case err != nil:
		return nil, refuse(Malformed, "the UserSig does not inflate or is cut off: %v", err)
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
	return Claims{
		User:    e.User,
		AppID:   e.AppID,
		Issued:  time.Unix(e.Issued, 0),
		Until:   time.Unix(e.Issued+e.Validity, 0),
		content: content{e.User, e.AppID, e.Issued, e.Validity, e.UserBuf},
		mac:     e.MAC,
	}, nil
}

// validUser refuses control characters because the signed content separates its lines by a line feed: a user called
// "bob\nTLS.sdkappid:..." would be signed with the same bytes as bob with times of his own choice.
func validUser(user string) bool {
	return user != "" && utf8.ValidString(user) && !strings.ContainsFunc(user, unicode.IsControl)
}
