package hub_test

import (
	"net/http"
	"strings"
	"testing"

	"exthub/hub"
	"exthub/hub/hubtest"
)

// A page of a stranger calls REST with a UserSig that it got hold of, to read the answer in its
// visitor's browser. Only pages of the allowed origins may read it, or ask with headers of theirs.
func TestRESTForPages(t *testing.T) {
	w := hubtest.Start(t, func(o *hub.Options) { o.AllowedOrigins = []string{"https://App.Example.com:443/"} })
	for _, method := range []string{http.MethodOptions, http.MethodPost} {
		for origins, allowed := range map[string]bool{
			"https://app.example.com": true, "http://app.example.com": false,
			"https://app.example.com.evil.example": false, "null": false, "": false,
			"https://app.example.com https://evil.example": false,
		} {
			r, err := http.NewRequestWithContext(t.Context(), method, w.URL()+"/v4/openim/sendmsg",
				strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			r.Header = http.Header{"Origin": strings.Fields(origins), "Access-Control-Request-Method": {"POST"}}
			answer, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			status := map[string]int{http.MethodOptions: 204, http.MethodPost: 200}[method]
			said := answer.Header.Get("Access-Control-Allow-Origin")
			if answer.StatusCode != status || (said == origins && origins != "") != allowed || !allowed && said != "" ||
				answer.Header.Get("Vary") != "Origin" || answer.Header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s from %q: %d %v", method, origins, answer.StatusCode, answer.Header)
			}
		}
	}
}
