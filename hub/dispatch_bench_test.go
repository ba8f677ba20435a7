package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"exthub/hub/usersig"
	"exthub/kv"
	"exthub/kv/kvtest"
)

// BenchmarkDispatch is what a request costs from dispatch to the written answer, on a real socket
// and a real store. For a set, that includes both sides of its commit.
func BenchmarkDispatch(b *testing.B) {
	s, id := benchSession(b)
	for _, r := range []struct{ method, params string }{
		{"ping", `{}`},
		{"getMessageExtensions", fmt.Sprintf(`{"messageID":%q}`, id)},
		{"setMessageExtensions", fmt.Sprintf(`{"messageID":%q,"extensions":[{"key":"k","value":"%%d"}]}`, id)},
	} {
		b.Run(r.method, func(b *testing.B) {
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				params := []byte(r.params)
				if r.method == "setMessageExtensions" {
					// Another value each time, or nothing is written
					params = fmt.Appendf(nil, r.params, n)
				}
				s.dispatch(request{id: []byte("1"), method: r.method, params: params})
			}
		})
	}
}

// benchSession returns a session of an app admin, whose client reads and forgets, and a message.
func benchSession(b *testing.B) (*session, string) {
	const appID, secretKey = 1400000000, "a key for this benchmark alone"
	store, err := kv.Open(b.Context(), kvtest.Server(b), kv.Options{Bucket: "ext", MaxPairs: 300, Alone: true})
	if err != nil {
		b.Fatal(err)
	}
	h, err := New(Options{
		SDKAppID: appID, SecretKey: secretKey, Admins: []string{"admin"}, Logger: slog.New(slog.DiscardHandler),
	}, store)
	if err != nil {
		b.Fatal(err)
	}
	running, stop := context.WithCancel(context.Background())
	tailed := make(chan error, 1)
	go func() { tailed <- store.Run(running, h.Publish) }()
	server := httptest.NewServer(h.Handler())
	b.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := h.Shutdown(ctx); err != nil {
			b.Error(err)
		}
		server.Close()
		stop()
		<-tailed
		store.Close()
	})

	ws, _, err := websocket.Dial(b.Context(), "ws"+strings.TrimPrefix(server.URL, "http")+"/ws", nil)
	if err != nil {
		b.Fatal(err)
	}
	ask := func(id int, method string, params any) (result struct{ Result json.RawMessage }) {
		frame, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": id, "method": method, "params": params})
		if err != nil {
			b.Fatal(err)
		}
		if err := ws.Write(b.Context(), websocket.MessageText, frame); err != nil {
			b.Fatal(err)
		}
		_, answer, err := ws.Read(b.Context())
		if err != nil || json.Unmarshal(answer, &result) != nil || result.Result == nil {
			b.Fatalf("%s: %s (%v)", method, answer, err)
		}
		return result
	}
	sig, err := usersig.Sign(appID, secretKey, "admin", time.Now(), time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	ask(1, "login", map[string]any{"sdkAppID": appID, "userID": "admin", "userSig": sig})
	var sent struct{ Message struct{ ID string } }
	answer := ask(2, "sendMessage", map[string]any{
		"to": "ada", "conversationType": "C2C", "type": "TIMCustomElem", "payload": map[string]any{"data": "x"},
		"isSupportExtension": true,
	})
	if err := json.Unmarshal(answer.Result, &sent); err != nil {
		b.Fatal(err)
	}
	go func() {
		for {
			if _, _, err := ws.Read(context.Background()); err != nil {
				return
			}
		}
	}()
	h.sessions.mu.Lock()
	defer h.sessions.mu.Unlock()
	return h.sessions.users["admin"][0], sent.Message.ID
}
