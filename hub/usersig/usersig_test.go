package usersig

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

const (
	app = 1400000000
	key = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"

	xiaojun = "eJyrVgrxCdYrSy1SslIy0jNQ0gHzM1NS80oy0zLBwhWZiflZpXlQqeKU7MSCgswUJStDEwMogMiUZOamKlkZmqOKpl" +
		"YUZBaBxE1NTY3gosWZ6UpWSj5ljuYp*p7l5unBxXnF2WVhVU4uAf7Ozi5JpX7O5SbuHuUhzgZJmQXaTia2SrUAohcx" +
		"8g__"
	admin = "eJyrVgrxCdYrSy1SslIy0jNQ0gHzM1NS80oy0zLBwokpuZl5UInilOzEgoLMFCUrCyiAiJdk5qYqWRmaG0ABRDS1oi" +
		"CzKFXJyszAxAImVpyZrmSlZJLmYpztlBOcHmFqHBVpqp1f6VtmGBSe7pqf71FWmlXu7BSalFGem1MZGWmrVAsAfWox" +
		"Qw__"
)

var issued = time.Unix(1700000000, 0)

// pack makes a UserSig from its JSON as another implementation would, at any compression level.
func pack(t *testing.T, level int, raw []byte) string {
	t.Helper()
	var b bytes.Buffer
	z, err := zlib.NewWriterLevel(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	z.Write(raw)
	z.Close()
	return escape(b.Bytes())
}

func escape(packed []byte) string {
	return strings.NewReplacer("+", "*", "/", "-", "=", "_").Replace(base64.StdEncoding.EncodeToString(packed))
}

func object(t *testing.T, members map[string]any) []byte {
	t.Helper()
	raw, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// wantCode fails the test unless err is an *Error with this code (0: no error at all).
func wantCode(t *testing.T, err error, code int) {
	t.Helper()
	if code == 0 {
		if err != nil {
			t.Fatalf("got %v, want no error", err)
		}
		return
	}
	var e *Error
	if !errors.As(err, &e) || e.Code != code || e.Reason == "" {
		t.Fatalf("got %#v, want code %d with a reason", err, code)
	}
}

// TestVectors: UserSigs, or their HMACs, as the public implementation for Node.js makes them under
// a fixed clock.
func TestVectors(t *testing.T) {
	v3 := map[string]any{"TLS.ver": "2.0", "TLS.identifier": "用户A_1-x", "TLS.sdkappid": app, "TLS.expire": 60,
		"TLS.time": 1600000000, "TLS.sig": "YvEVk3uizCazMZQmkRCsDT6MD8yyt+8O9VgafgRCC70="}
	v4 := map[string]any{"TLS.ver": "2.0", "TLS.identifier": "xiaojun", "TLS.sdkappid": app, "TLS.expire": 15552000,
		"TLS.time": 1700000000, "TLS.userbuf": "AAAHeGlhb2p1blNyTgAAACcQZkE/AAAAAP8AAAAA",
		"TLS.sig": "y9Avb5xwHgIgoABbGakLaE0xs+v/dLcIPegbWfcbRLI="}
	for _, v := range []struct {
		name, sig string
		app       uint64
		key, user string
		issued    int64
		validity  time.Duration
	}{
		{"V1", xiaojun, app, key, "xiaojun", 1700000000, 180 * 24 * time.Hour},
		{"V2", admin, 88888888, strings.Repeat("0123456789abcdef", 4), "admin", 1700000000, 7 * 24 * time.Hour},
		{"V3NonASCII", pack(t, zlib.DefaultCompression, object(t, v3)), app, key, "用户A_1-x", 1600000000, time.Minute},
		{"V4UserBuf", pack(t, zlib.DefaultCompression, object(t, v4)), app, key,
			"xiaojun", 1700000000, 180 * 24 * time.Hour},
		{"V4Uncompressed", pack(t, zlib.NoCompression, object(t, v4)), app, key,
			"xiaojun", 1700000000, 180 * 24 * time.Hour},
	} {
		t.Run(v.name, func(t *testing.T) {
			c, err := Parse(v.sig)
			if err != nil {
				t.Fatal(err)
			}
			from := time.Unix(v.issued, 0)
			if c.User != v.user || c.AppID != v.app || !c.Issued.Equal(from) || !c.Until.Equal(from.Add(v.validity)) {
				t.Errorf("parsed as %+v", c)
			}
			wantCode(t, Verify(v.sig, v.app, v.key, v.user, from), 0)
			// The last second still counts
			wantCode(t, Verify(v.sig, v.app, v.key, v.user, from.Add(v.validity)), 0)
			wantCode(t, Verify(v.sig, v.app, v.key, v.user, from.Add(v.validity+time.Second)), Expired)
			wantCode(t, Verify(v.sig, v.app, v.key+"0", v.user, from), WrongKey)
		})
	}
}

func TestVerify(t *testing.T) {
	for _, v := range []struct {
		name string
		app  uint64
		key  string
		user string
		now  time.Time
		code int
	}{
		{"OK", app, key, "xiaojun", issued, 0},
		// The backend's clock may be fast
		{"DatedAhead", app, key, "xiaojun", issued.Add(-24 * time.Hour), 0},
		{"BeforeTheEpoch", app, key, "xiaojun", time.Unix(-1, 0), 0},
		{"OtherApp", app + 1, key, "xiaojun", issued, WrongApp},
		{"OtherUser", app, key, "Xiaojun", issued, WrongUser}, // user names differ by case
		{"NoUser", app, key, "", issued, WrongUser},
		{"OtherKey", app, strings.Repeat("0", 64), "xiaojun", issued, WrongKey},
		{"NoKey", app, "", "xiaojun", issued, WrongKey},
		// The key is text, not hex
		{"UpperCaseKey", app, strings.ToUpper(key), "xiaojun", issued, WrongKey},
		{"Expired", app, key, "xiaojun", issued.AddDate(1, 0, 0), Expired},

		// Several things are wrong: app comes before user before time before key.
		{"AppFirst", app + 1, "k", "other", issued.AddDate(1, 0, 0), WrongApp},
		{"ThenUser", app, "k", "other", issued.AddDate(1, 0, 0), WrongUser},
		{"ThenTime", app, "k", "xiaojun", issued.AddDate(1, 0, 0), Expired},
	} {
		t.Run(v.name, func(t *testing.T) {
			wantCode(t, Verify(xiaojun, v.app, v.key, v.user, v.now), v.code)
		})
	}
}

func TestSign(t *testing.T) {
	for _, user := range []string{"xiaojun", "用户A_1-x", "<&>\"\\", strings.Repeat("x", 32)} {
		sig, err := Sign(app, key, user, issued, time.Minute+time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(sig, "+/=%&? ") {
			t.Errorf("%q has characters that a URL would garble", sig)
		}
		wantCode(t, Verify(sig, app, key, user, issued.Add(time.Minute)), 0)
		wantCode(t, Verify(sig, app, key, user, issued.Add(time.Minute+time.Second)), Expired)
	}
	for name, call := range map[string]func() (string, error){
		"NoKey":       func() (string, error) { return Sign(app, "", "x", issued, time.Minute) },
		"NoUser":      func() (string, error) { return Sign(app, key, "", issued, time.Minute) },
		"LineFeed":    func() (string, error) { return Sign(app, key, "a\nb", issued, time.Minute) },
		"NotUTF8":     func() (string, error) { return Sign(app, key, "a\xff", issued, time.Minute) },
		"TooLong":     func() (string, error) { return Sign(app, key, strings.Repeat("x", 4000), issued, time.Minute) },
		"NoValidity":  func() (string, error) { return Sign(app, key, "x", issued, 0) },
		"HalfASecond": func() (string, error) { return Sign(app, key, "x", issued, time.Second/2) },
	} {
		if sig, err := call(); err == nil || sig != "" {
			t.Errorf("%s: got %q, %v; want an error", name, sig, err)
		}
	}
}

// TestTwoKeys: while an app changes its key, UserSigs under both are good, and under no other.
func TestTwoKeys(t *testing.T) {
	c, err := Parse(xiaojun)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []struct {
		name string
		keys []string
		code int
	}{
		{"First", []string{key, "new"}, 0},
		{"Second", []string{"new", key}, 0},
		{"Neither", []string{"new", "newer"}, WrongKey},
		{"None", nil, WrongKey},
		{"EmptyBeside", []string{"", "new"}, WrongKey},
	} {
		t.Run(v.name, func(t *testing.T) {
			wantCode(t, c.CheckAny(app, v.keys, "xiaojun", issued), v.code)
		})
	}
	// Everybody can sign with the empty key.
	forged := c
	forged.mac = c.content.mac("")
	wantCode(t, forged.CheckAny(app, []string{"", key}, "xiaojun", issued), WrongKey)
}
