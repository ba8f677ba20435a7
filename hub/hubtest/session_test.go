package hubtest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// openScripted opens a session with a server that lets it in and answers its next request, whose ID
// is 2, with these frames. Then the server waits for the end, or ends the connection itself.
func openScripted(t *testing.T, o SessionOptions, end bool, frames ...string) *Session {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer ws.CloseNow()
		ctx, cancel := context.WithTimeout(context.Background(), Timeout)
		defer cancel()
		login := `{"jsonrpc":"2.0","id":1,"result":{"epoch":"e"}}`
		for _, answers := range [][]string{{login}, frames} {
			if _, _, err := ws.Read(ctx); err != nil {
				t.Error(err)
			}
			for _, text := range answers {
				if err := ws.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
					t.Error(err)
				}
			}
		}
		if !end {
			_, _, _ = ws.Read(ctx)
		}
	}))
	t.Cleanup(server.Close)
	s, err := Open(t.Context(), SocketURL(server.URL), LoginParams(1, "ada", "sig"), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if s.Epoch != "e" {
		t.Errorf("epoch %q", s.Epoch)
	}
	return s
}

// TestSessionTellsRefusedFromLost: what was answered is never ErrLost, and what was not answered
// always is.
func TestSessionTellsRefusedFromLost(t *testing.T) {
	for name, tt := range map[string]struct {
		frames []string
		end    bool
		lost   bool
		code   int
	}{
		"Done":         {[]string{`{"jsonrpc":"2.0","id":2,"result":{}}`}, false, false, 0},
		"DoneAtTheEnd": {[]string{`{"jsonrpc":"2.0","id":2,"result":{}}`}, true, false, 0},
		"Refused":      {[]string{`{"jsonrpc":"2.0","id":2,"error":{"code":10004,"message":""}}`}, true, false, 10004},
		"NoAnswer":     {nil, false, true, 0},
		"End":          {nil, true, true, 0},
		"Event":        {[]string{`{"jsonrpc":"2.0","method":"KICKED_OUT","params":{}}`}, true, true, 0},
		"OtherAnswer":  {[]string{`{"jsonrpc":"2.0","id":7,"result":{}}`}, true, true, 0},
		"NoID":         {[]string{`{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"?"}}`}, false, true, 0},
		"NotJSON":      {[]string{`{"jsonrpc":"2.0","id":2,"res`}, false, true, 0},
		"NotJSONRPC":   {[]string{`{"id":2,"result":{}}`}, false, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			timeout := Timeout
			if name == "NoAnswer" {
				timeout = 200 * time.Millisecond
			}
			s := openScripted(t, SessionOptions{Timeout: timeout}, tt.end, tt.frames...)
			err := s.Call(t.Context(), "ping", Object{}, nil)
			if errors.Is(err, ErrLost) != tt.lost || Code(err) != tt.code || err == nil != (!tt.lost && tt.code == 0) {
				t.Errorf("got %v", err)
			}
			if tt.lost { // nothing may come any more that somebody could take for an answer
				<-s.Gone()
			}
		})
	}
}

// TestSessionTellsStrayAnswers: an answer that comes again, and one that nobody asked for, is
// passed on, and so is every notification, in order.
func TestSessionTellsStrayAnswers(t *testing.T) {
	var mu sync.Mutex
	var told []string
	tell := func(f Frame) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, f.Method+string(f.ID))
	}
	answer := `{"jsonrpc":"2.0","id":2,"result":{}}`
	s := openScripted(t, SessionOptions{Notify: tell, Stray: tell, Timeout: Timeout}, true,
		`{"jsonrpc":"2.0","method":"A","params":{}}`, answer, answer, `{"jsonrpc":"2.0","method":"B","params":{}}`,
		`{"jsonrpc":"2.0","id":3,"result":{}}`)
	if err := s.Call(t.Context(), "ping", Object{}, nil); err != nil {
		t.Fatal(err)
	}
	<-s.Gone()
	mu.Lock()
	defer mu.Unlock()
	if got := fmt.Sprint(told); got != "[A 2 B 3]" {
		t.Errorf("told of %s", got)
	}
}
