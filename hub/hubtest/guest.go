package hubtest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// Ticket is what the guest door gives.
type Ticket struct {
	SDKAppID  uint64 `json:"sdkAppID"`
	UserID    string `json:"userID"`
	UserSig   string `json:"userSig"`
	ExpiresIn int64  `json:"expiresIn"`
}

// AskForTicket posts a body to the guest door of the hub at this URL, and returns the answer's
// status, what it says instead of a ticket, and its header.
func AskForTicket(tb testing.TB, url, body string, header http.Header) (t Ticket, answer *http.Response, text string) {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, url+"/guest", strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	answer, err = http.DefaultClient.Do(r)
	if err != nil {
		tb.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		tb.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		return t, answer, string(content)
	}
	if err := json.Unmarshal(content, &t); err != nil {
		tb.Fatalf("%v in %s", err, content)
	}
	return t, answer, ""
}

// Ticket asks for a guest's ticket. old is the UserSig of the one before, "" for none.
func (w *World) Ticket(old string) Ticket {
	w.TB.Helper()
	body := ""
	if old != "" {
		body = `{"userSig":"` + old + `"}`
	}
	t, answer, text := AskForTicket(w.TB, w.URL(), body, nil)
	if answer.StatusCode != http.StatusOK {
		w.TB.Fatalf("no ticket: %s %s", answer.Status, text)
	}
	return t
}

// LoginGuest connects and logs in as a guest, and returns who that is.
func (w *World) LoginGuest() (*Client, Ticket) {
	w.TB.Helper()
	t := w.Ticket("")
	c := w.Dial()
	c.Login(LoginParams(t.SDKAppID, t.UserID, t.UserSig))
	return c, t
}

// Guest returns a Backend that calls as this guest.
func (w *World) Guest(t Ticket) *Backend {
	w.TB.Helper()
	b := w.Backend()
	b.Query.Set("identifier", t.UserID)
	b.Query.Set("usersig", t.UserSig)
	return b
}
