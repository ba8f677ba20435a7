package usersig

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// decoded returns the compressed bytes inside a UserSig.
func decoded(t testing.TB, sig string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(strings.NewReplacer("*", "+", "-", "/", "_", "=").Replace(sig))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// innards are words of what the package is built with.
var innards = regexp.MustCompile(`json:|unmarshal|Go |struct|int64|\[\]uint8|zlib:|flate:|illegal|EOF|envelope`)

// A stranger sends fields of the wrong type, to learn what the hub is built with. A
// backend that errs so is told which field, what it is and what it should be.
func TestWrongTypes(t *testing.T) {
	for raw, want := range map[string]string{
		`{"TLS.sdkappid":"1400000000"}`: "TLS.sdkappid is a string, not a whole number from 0 to 2^64-1",
		`{"TLS.sdkappid":-1}`:           "TLS.sdkappid is the number -1, not a whole number from 0 to 2^64-1",
		`{"TLS.sdkappid":1.5}`:          "TLS.sdkappid is the number 1.5, not a whole number from 0 to 2^64-1",
		`{"TLS.time":1e300}`:            "TLS.time is the number 1e300, not a whole number",
		`{"TLS.time":{"a":1}}`:          "TLS.time is an object, not a whole number",
		`{"TLS.expire":true}`:           "TLS.expire is true or false, not a whole number",
		`{"TLS.identifier":1}`:          "TLS.identifier is a number, not a string",
		`{"TLS.identifier":["a"]}`:      "TLS.identifier is a list, not a string",
		`{"TLS.sig":5}`:                 "TLS.sig is a number, not a string",
		`{"TLS.ver":"2.0","TLS.identifier":"a","TLS.sig":"a b"}`:   "the UserSig has a TLS.sig that is not base64",
		`{"TLS.ver":"2.0","TLS.identifier":"a","TLS.userbuf":"-"}`: "the UserSig has a TLS.userbuf that is not base64",
		`{"TLS.userbuf":[1,2]}`:                                    "TLS.userbuf is a list, not a string",
		`[]`:                                                       "the UserSig holds a list, not an object",
		`"x"`:                                                      "the UserSig holds a string, not an object",
		`{"TLS.ver":`:                                              "the UserSig does not hold JSON",
		`{"TLS.time":` + strings.Repeat("9", 3000) + `}`: "the number 9999999999999999..., not a whole number",
	} {
		_, err := Parse(pack(t, zlib.BestCompression, []byte(raw)))
		wantCode(t, err, Malformed)
		if !strings.HasSuffix(err.Error(), want) || innards.MatchString(err.Error()) {
			t.Errorf("%.40s: %q, want %q", raw, err, want)
		}
	}
}

func TestMalformed(t *testing.T) {
	good := func(change map[string]any) string {
		m := map[string]any{"TLS.ver": "2.0", "TLS.identifier": "xiaojun", "TLS.sdkappid": app, "TLS.expire": 15552000,
			"TLS.time": 1700000000, "TLS.sig": "LvA7d/Iw7gSsnskvVzBDPOCCDbuNCw4GHwTC0bip+B4="}
		for k, v := range change {
			m[k] = v
			if v == nil {
				delete(m, k)
			}
		}
		return pack(t, zlib.BestCompression, object(t, m))
	}
	wantCode(t, Verify(good(nil), app, key, "xiaojun", issued), 0)

	for name, sig := range map[string]string{
		"NotBase64":        "%%%",
		"PlainBase64":      strings.NewReplacer("*", "+", "-", "/", "_", "=").Replace(xiaojun),
		"Unpadded":         strings.TrimRight(xiaojun, "_"),
		"LineBreak":        xiaojun[:40] + "\n" + xiaojun[40:],
		"LineBreakAtEnd":   xiaojun + "\r\n",
		"TextAfterEnd":     xiaojun + "AAAA",
		"CutOff":           xiaojun[:100],
		"CutOffByFour":     xiaojun[:len(xiaojun)-4],
		"NotZlib":          escape([]byte("plain words, not zlib")),
		"ChecksumWrong":    escape(append(decoded(t, xiaojun)[:len(decoded(t, xiaojun))-1], 0)),
		"BytesAfterZlib":   escape(append(decoded(t, xiaojun), 0)),
		"SecondStream":     escape(append(decoded(t, xiaojun), decoded(t, admin)...)),
		"HugeText":         strings.Repeat("A", 1<<20),
		"Bomb":             pack(t, zlib.BestCompression, bytes.Repeat([]byte(" "), 1<<20)),
		"NotJSON":          pack(t, zlib.BestCompression, []byte("TLS.ver: 2.0")),
		"JSONList":         pack(t, zlib.BestCompression, []byte("[]")),
		"JSONNull":         pack(t, zlib.BestCompression, []byte("null")),
		"JSONAfterJSON":    pack(t, zlib.BestCompression, []byte(`{"TLS.ver":"2.0"}{}`)),
		"DeepJSON":         pack(t, zlib.BestCompression, bytes.Repeat([]byte("["), 4000)),
		"NoVersion":        good(map[string]any{"TLS.ver": nil}),
		"OtherVersion":     good(map[string]any{"TLS.ver": "1.0"}),
		"NoUser":           good(map[string]any{"TLS.identifier": nil}),
		"UserNotText":      good(map[string]any{"TLS.identifier": 1}),
		"AppAsText":        good(map[string]any{"TLS.sdkappid": "1400000000"}),
		"AppNegative":      good(map[string]any{"TLS.sdkappid": -1}),
		"TimeNegative":     good(map[string]any{"TLS.time": -1}),
		"TimeHuge":         good(map[string]any{"TLS.time": int64(1) << 62}),
		"TimeBeyondInt64":  good(map[string]any{"TLS.time": 1e300}),
		"ValidityNegative": good(map[string]any{"TLS.expire": -1}),
		"ValidityHuge":     good(map[string]any{"TLS.expire": int64(1) << 62}),
		"UserBufNotBase64": good(map[string]any{"TLS.userbuf": "a b"}),
		"HMACNotBase64":    good(map[string]any{"TLS.sig": "a b"}),
	} {
		t.Run(name, func(t *testing.T) {
			err := Verify(sig, app, key, "xiaojun", issued)
			wantCode(t, err, Malformed)
			if innards.MatchString(err.Error()) {
				t.Errorf("says it in words that are not for a caller: %v", err)
			}
		})
	}
	for name, sig := range map[string]string{
		"NoHMAC":       good(map[string]any{"TLS.sig": nil}),
		"HMACCutOff":   good(map[string]any{"TLS.sig": "LvA7"}),
		"LongerExpiry": good(map[string]any{"TLS.expire": 15552001}),
		"Redated":      good(map[string]any{"TLS.time": 1700000001}),
		"UserBufAdded": good(map[string]any{"TLS.userbuf": "AAAA"}),
	} {
		t.Run(name, func(t *testing.T) {
			wantCode(t, Verify(sig, app, key, "xiaojun", issued), WrongKey)
		})
	}
	wantCode(t, Verify("", app, key, "xiaojun", issued), Empty)
}

// TestLineFeedInUserForgesNothing: a backend that signs any name that a visitor gives could be made
// to sign lines of the content. The name below yields the same bytes as bob with a validity of the
// visitor's choice and the rest as userbuf.
func TestLineFeedInUserForgesNothing(t *testing.T) {
	name := "bob\nTLS.sdkappid:1400000000\nTLS.time:1700000000\nTLS.expire:999999999\nTLS.userbuf:"
	if _, err := Sign(app, key, name, issued, time.Minute); err == nil {
		t.Error("signed a name with line feeds")
	}

	// Even a signer that accepts such a name helps nobody: the rest is not base64.
	mac := content{name, app, issued.Unix(), 60, nil}.mac(key)
	forged := pack(t, zlib.BestCompression, object(t, map[string]any{
		"TLS.ver": "2.0", "TLS.identifier": "bob", "TLS.sdkappid": app,
		"TLS.time": 1700000000, "TLS.expire": 999999999, "TLS.sig": mac,
		"TLS.userbuf": "\nTLS.sdkappid:1400000000\nTLS.time:1700000000\nTLS.expire:60",
	}))
	wantCode(t, Verify(forged, app, key, "bob", issued), Malformed)
}

// TestEveryByteCounts: no altered byte of a UserSig makes it say something else.
func TestEveryByteCounts(t *testing.T) {
	packed := decoded(t, xiaojun)
	for i := range packed {
		for bit := range 8 {
			altered := bytes.Clone(packed)
			altered[i] ^= 1 << bit
			c, err := Parse(escape(altered))
			if err != nil {
				continue
			}
			if c.Check(app, key, c.User, issued) == nil &&
				(c.User != "xiaojun" || c.Until != issued.Add(180*24*time.Hour)) {
				t.Fatalf("byte %d bit %d: accepted as %+v", i, bit, c)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(xiaojun))
	f.Add([]byte(admin))
	f.Add(decoded(f, xiaojun))
	f.Add([]byte(`{"TLS.ver":"2.0","TLS.identifier":"a","TLS.sdkappid":1,"TLS.time":0,"TLS.expire":1,"TLS.sig":""}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		// The input serves as text, as compressed bytes and as JSON, so that the fuzzer need not
		// learn base64 and zlib.
		for _, sig := range []string{string(b), escape(b), pack(t, zlib.NoCompression, b)} {
			c, err := Parse(sig)
			if err != nil {
				wantOneOf(t, err, Empty, Malformed)
				continue
			}
			if c.User == "" || c.Until.Before(c.Issued) {
				t.Fatalf("parsed as %+v", c)
			}
			if err := c.Check(c.AppID, "a key that the fuzzer does not know", c.User, c.Issued); err == nil {
				t.Fatalf("%q verified without the key", sig)
			}
		}
	})
}

// FuzzSign looks for a UserSig that is signed here and refused here, or that another key has signed
// too.
func FuzzSign(f *testing.F) {
	f.Add(uint64(app), key, "xiaojun", int64(1700000000), int64(60))
	f.Add(uint64(app), key, strings.Repeat("`", 4000), int64(1700000000), int64(60)) // much, and packs well
	f.Fuzz(func(t *testing.T, app uint64, key, user string, now, seconds int64) {
		now, seconds = now&(1<<40-1), seconds&(1<<32-1)
		sig, err := Sign(app, key, user, time.Unix(now, 0), time.Duration(seconds)*time.Second)
		if err != nil {
			return
		}
		wantCode(t, Verify(sig, app, key, user, time.Unix(now+seconds, 0)), 0)
		wantCode(t, Verify(sig, app, key+"x", user, time.Unix(now, 0)), WrongKey)
	})
}

func wantOneOf(t *testing.T, err error, codes ...int) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || !slices.Contains(codes, e.Code) {
		t.Fatalf("got %#v, want one of %v", err, codes)
	}
}
