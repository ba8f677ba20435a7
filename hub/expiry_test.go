package hub_test

import (
	"bytes"
	"compress/zlib"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"exthub/hub/hubtest"
)

// A backend makes a UserSig valid for ever: for more years than a duration can hold, or in
// milliseconds. Its user stays.
func TestUserSigForCenturies(t *testing.T) {
	w := hubtest.Start(t)
	for _, seconds := range []int64{293 * 365 * 86400, 180 * 86400 * 1000, 1 << 40} {
		c := w.Dial()
		c.Login(hubtest.LoginParams(hubtest.AppID, "ada", signFor(t, "ada", seconds)))
		for range 100 {
			expectAlive(t, c)
		}
	}
}

// signFor makes a UserSig that is valid for this many seconds, as a backend does that has no
// durations.
func signFor(t *testing.T, user string, seconds int64) string {
	t.Helper()
	now := time.Now().Unix()
	mac := hmac.New(sha256.New, []byte(hubtest.SecretKey))
	fmt.Fprintf(mac, "TLS.identifier:%s\nTLS.sdkappid:%d\nTLS.time:%d\nTLS.expire:%d\n",
		user, hubtest.AppID, now, seconds)
	text, err := json.Marshal(object{
		"TLS.ver": "2.0", "TLS.identifier": user, "TLS.sdkappid": hubtest.AppID, "TLS.time": now,
		"TLS.expire": seconds, "TLS.sig": mac.Sum(nil),
	})
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer("+", "*", "/", "-", "=", "_").Replace(base64.StdEncoding.EncodeToString(packed.Bytes()))
}
