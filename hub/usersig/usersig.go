package usersig

import (
	"bytes"
	"compress/zlib"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
)

// Sign returns a UserSig for user in app appID, valid from now for expire, of which whole seconds
// count. It fails if key is empty, user is empty, not UTF-8, has control characters or is so long
// that Parse would refuse the UserSig, or expire is under a second.
func Sign(appID uint64, key, user string, now time.Time, expire time.Duration) (string, error) {
	switch {
	case key == "":
		return "", errors.New("usersig: the secret key is empty")
	case !validUser(user):
		return "", fmt.Errorf("usersig: the user %q is empty, not UTF-8 or has control characters", user)
	case expire < time.Second:
		return "", fmt.Errorf("usersig: a validity of %v is under one second", expire)
	}
	c := content{user, appID, now.Unix(), int64(expire / time.Second), nil}
	return c.envelope(key).pack()
}

// Verify returns nil if sig was made with key for user in app appID and is valid at now, else an
// *Error that names the first check that failed. The order is that of the public implementations:
// form, app, user, time, HMAC. Every claim but the last can be read by anyone who holds the
// UserSig, so naming it reveals nothing.
func Verify(sig string, appID uint64, key, user string, now time.Time) error {
	c, err := Parse(sig)
	if err != nil {
		return err
	}
	return c.Check(appID, key, user, now)
}

// Check verifies the claims as Verify does after Parse.
func (c Claims) Check(appID uint64, key, user string, now time.Time) error {
	return c.CheckAny(appID, []string{key}, user, now)
}

// CheckAny verifies the claims as Check does, but any of the keys may have signed them: an app that
// changes its key has two until the last UserSig under the old one has expired.
func (c Claims) CheckAny(appID uint64, keys []string, user string, now time.Time) error {
	switch {
	case c.AppID != appID:
		return refuse(WrongApp, "the UserSig is for SDKAppID %d, not for %d", c.AppID, appID)
	case c.User != user:
		return refuse(WrongUser, "the UserSig is for user %q, not for %q", c.User, user)
	case now.Unix() > c.Until.Unix():
		return refuse(Expired, "the UserSig expired at %s", c.Until.UTC().Format(time.RFC3339))
	case !c.signedWithAny(keys):
		return refuse(WrongKey, "the UserSig was not signed with this app's secret key, or was altered")
	}
	return nil
}

// signedWithAny tries every key, also after one that fits, so that the time it takes tells nothing
// of which one did.
func (c Claims) signedWithAny(keys []string) bool {
	signed := false
	for _, key := range keys {
		// Everybody can compute an HMAC under the empty key.
		fits := hmac.Equal(c.mac, c.content.mac(key)) && key != ""
		signed = signed || fits
	}
	return signed
}

// content is what the HMAC covers.
type content struct {
	user     string
	appID    uint64
	issued   int64
	validity int64
	userBuf  []byte
}

func (c content) mac(key string) []byte {
	h := hmac.New(sha256.New, []byte(key))
	fmt.Fprintf(h, "TLS.identifier:%s\nTLS.sdkappid:%d\nTLS.time:%d\nTLS.expire:%d\n",
		c.user, c.appID, c.issued, c.validity)
	if len(c.userBuf) > 0 {
		fmt.Fprintf(h, "TLS.userbuf:%s\n", base64.StdEncoding.EncodeToString(c.userBuf))
	}
	return h.Sum(nil)
}

func (c content) envelope(key string) envelope {
	text := base64.StdEncoding.EncodeToString
	return envelope{version, c.user, c.appID, c.issued, c.validity, text(c.userBuf), text(c.mac(key))}
}

func (e envelope) pack() (string, error) {
	raw, err := json.Marshal(e)
	if err != nil {
		return "", fmt.Errorf("usersig: %w", err)
	}
	if len(raw) > maxJSON {
		return "", fmt.Errorf("usersig: %d bytes of JSON, of which the user is the most; at most %d", len(raw), maxJSON)
	}
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	if _, err := z.Write(raw); err != nil {
		return "", fmt.Errorf("usersig: %w", err)
	}
	if err := z.Close(); err != nil {
		return "", fmt.Errorf("usersig: %w", err)
	}
	sig := encoding.EncodeToString(packed.Bytes())
	if len(sig) > maxText {
		return "", fmt.Errorf("usersig: the UserSig would have %d bytes, more than %d", len(sig), maxText)
	}
	return sig, nil
}
