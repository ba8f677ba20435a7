package socket

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"exthub/events"
	"exthub/hub/hubtest/raw"
	"exthub/kv"
)

// serveConns serves bare connections on a real socket. use is called for each, on its handler's
// goroutine.
func serveConns(t *testing.T, timeout time.Duration, secure bool, use func(*Conn)) *httptest.Server {
	t.Helper()
	w := StartWriters(timeout, 1)
	t.Cleanup(w.Stop)
	return serveConnsOf(t, w, secure, use)
}

// serveConnsOf is serveConns with these writers.
func serveConnsOf(t *testing.T, w *Writers, secure bool, use func(*Conn)) *httptest.Server {
	t.Helper()
	var handlers sync.WaitGroup
	t.Cleanup(handlers.Wait) // the server does not wait for them, and w.Stop wants them to be done
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		handlers.Add(1)
		defer handlers.Done()
		c := new(Conn)
		if err := c.Accept(w, anyone{}, rw, r, 1<<20); err != nil {
			t.Error(err)
			return
		}
		use(c)
	}))
	config := net.ListenConfig{Control: BoundUnsent}
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = server.Listener.Close()
	server.Listener = l
	if secure {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return server
}

func update(seq uint64, key, value string) *events.Event { return updateOf(1, seq, key, value) }

// updateOf is the change of a pair of one of many messages.
func updateOf(message, seq uint64, key, value string) *events.Event {
	ref := kv.Ref{From: "ann", To: "bob", MsgKey: fmt.Sprintf("%d_2_3", message)}
	return eventOf(kv.Delta{ID: ref.ID(), Ref: ref, Pairs: []kv.Pair{{Key: key, Value: value, Seq: seq}}})
}

// eventOf is a change of ann's conversation with bob, as it comes to ann.
func eventOf(d kv.Delta) *events.Event {
	var got *events.Event
	b := events.New(events.Options{Wrap: Wrap})
	b.Attach(&listener{notify: func(e *events.Event) { got = e }}, "ann")
	b.Publish(d)
	return got
}

type listener struct{ notify func(*events.Event) }

func (l *listener) Session() string        { return "" }
func (l *listener) Notify(e *events.Event) { l.notify(e) }
func (l *listener) Lost()                  {}

// answer makes the frame of a reply in parts, as the hub does.
func answer(id, result string) Frame {
	const begin, middle, end = `{"jsonrpc":"2.0","id":`, `,"result":`, "}"
	head := AppendHeader(nil, len(begin)+len(id)+len(middle)+len(result)+len(end))
	return Frame{Head: append(head, begin+id+middle...), Body: []byte(result), Tail: end}
}

// dialRaw connects a client without a library.
func dialRaw(t *testing.T, server *httptest.Server) (net.Conn, raw.Reader) {
	t.Helper()
	var roots *tls.Config
	if server.TLS != nil {
		pool := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
		roots = &tls.Config{RootCAs: pool, ServerName: "example.com"}
	}
	return raw.Dial(t, server.URL, roots)
}

// masked makes a client's frame that is a message of its own.
func masked(opcode byte, payload string) []byte { return raw.Frame(raw.Final|opcode, payload) }

// anyone is the owner of a connection that takes whatever comes.
type anyone struct{}

func (anyone) Lost() {}

func (anyone) Closing(websocket.StatusCode) {}
func (anyone) Extra() bool                  { return true }

// A client that stops reading costs bounded memory: its events fold, and when even that is too much
// it is sent away. One that reads again in time gets the newest of everything.
func TestSlowClientGetsTheNewest(t *testing.T) {
	const keys = 50
	finished := make(chan *Conn, 1)
	server := serveConns(t, 30*time.Second, false, func(c *Conn) {
		for seq := uint64(1); seq <= 30_000; seq++ {
			c.Notify(update(seq, fmt.Sprint("k", seq%keys), strings.Repeat("z", 500)))
		}
		if waiting := c.outbox.waiting(); waiting > maxOutbox {
			t.Errorf("%d bytes wait", waiting)
		}
		finished <- c
		_, _ = c.Read()
		c.Drain()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	client, _, err := websocket.Dial(ctx, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseNow()
	<-finished
	client.SetReadLimit(-1)
	newest := make(map[string]uint64)
	frames := 0
	for newest["k0"] < 30_000 || len(newest) < keys {
		_, frame, err := client.Read(ctx)
		if err != nil {
			t.Fatalf("after %d frames: %v", frames, err)
		}
		frames++
		var n struct {
			Params struct {
				Extensions []struct {
					Key string
					Seq uint64
				}
			}
		}
		if err := json.Unmarshal(frame, &n); err != nil {
			t.Fatal(err)
		}
		for _, x := range n.Params.Extensions {
			if x.Seq <= newest[x.Key] {
				t.Fatalf("%s goes back from %d to %d", x.Key, newest[x.Key], x.Seq)
			}
			newest[x.Key] = x.Seq
		}
	}
	for key, seq := range newest {
		if seq <= 30_000-keys {
			t.Errorf("%s ends at %d", key, seq)
		}
	}
	if frames >= 30_000 {
		t.Error("nothing was folded")
	}
}

// Events that can't be folded fill the outbox of a client that does not read: it is told to come
// back, and the memory is free at once.
func TestTooSlowIsSentAway(t *testing.T) {
	server := serveConns(t, 5*time.Second, false, func(c *Conn) {
		for i := uint64(1); c.outbox.waiting() > 0 || !closed(c); i++ {
			c.Notify(updateOf(i, 1, "k", strings.Repeat("r", 50_000)))
		}
		_, _ = c.Read()
		c.Drain()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	client, _, err := websocket.Dial(ctx, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseNow()
	client.SetReadLimit(-1)
	for err == nil {
		_, _, err = client.Read(ctx)
	}
	if websocket.CloseStatus(err) != CloseSlow {
		t.Fatalf("ended with %v", err)
	}
}

func closed(c *Conn) bool {
	c.outbox.mu.Lock()
	defer c.outbox.mu.Unlock()
	return c.outbox.closed
}

// Requests that come in one go are known, so that their replies can leave in one; they keep their
// order. One that comes when all are answered is not taken for one of them.
func TestPipelinedRequests(t *testing.T) {
	const burst = 40
	server := serveConns(t, 20*time.Second, false, func(c *Conn) {
		pipelined := 0
		for i := range burst + 1 {
			text, err := c.Read()
			if err != nil {
				t.Error(err)
				return
			}
			switch {
			case !c.pipelined:
			case i < burst:
				pipelined++
			default:
				t.Error("a request that came alone is taken for one of many")
			}
			c.Reply(answer(string(text), `"`+strings.Repeat("r", 3000)+`"`))
		}
		if pipelined < burst/2 {
			t.Errorf("%d of %d requests are known to have come with the one before", pipelined, burst)
		}
		c.Close(CloseRestarting, "")
		c.Drain()
	})
	client, reader := dialRaw(t, server)
	write := func(p []byte) {
		if _, err := client.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	var frames []byte
	for i := range burst {
		frames = append(frames, masked(1, fmt.Sprint(i))...)
	}
	write(frames)
	for i := range burst + 1 {
		if i == burst {
			write(masked(1, fmt.Sprint(i)))
		}
		_, payload, err := reader.Next()
		begin := fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,`, i)
		if err != nil || !strings.HasPrefix(string(payload), begin) {
			t.Fatalf("reply %d: %.80s, %v", i, payload, err)
		}
	}
}

// A client asks, and says goodbye in the same packet. It gets its answers before the goodbye: what
// it asked for may have been carried out.
func TestAnswersBeforeTheGoodbye(t *testing.T) {
	w := newWriters(20*time.Second, 1)
	t.Cleanup(w.Stop)
	server := serveConnsOf(t, w, false, func(c *Conn) {
		for text, err := c.Read(); err == nil; text, err = c.Read() {
			c.Reply(answer(string(text), "{}"))
		}
		w.done.Go(w.run) // only now: the answers wait while the goodbye is read
		c.Drain()
	})
	client, reader := dialRaw(t, server)
	frames := slices.Concat(masked(raw.Text, "1"), masked(raw.Text, "2"), masked(raw.Text, "3"), raw.Goodbye(1000, ""))
	if _, err := client.Write(frames); err != nil {
		t.Fatal(err)
	}
	for id := 1; id <= 3; id++ {
		_, payload, err := reader.Next()
		if want := fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"result":{}}`, id); string(payload) != want || err != nil {
			t.Errorf("%q, %v, want %s", payload, err, want)
		}
	}
	if code, reason := reader.Closed(); code != 1000 {
		t.Errorf("closed with %d %s", code, reason)
	}
}

// With batch on, notifications that wait together share a frame, and replies stay frames of their
// own.
func TestBatch(t *testing.T) {
	o := new(outbox)
	o.batch = true
	o.frame(answer("1", "{}"))
	for seq := uint64(1); seq <= 3; seq++ {
		o.event(update(seq, fmt.Sprint("k", seq), "v"))
	}
	o.frame(answer("2", "{}"))
	o.event(update(4, "k4", "v"))
	r := raw.Reader{Reader: bufio.NewReader(strings.NewReader(string(o.drain(nil))))}
	var got []string
	for {
		_, payload, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil || !json.Valid(payload) {
			t.Fatalf("%s: %v", payload, err)
		}
		got = append(got, string(payload[:1])+fmt.Sprint(strings.Count(string(payload), "messageID")))
	}
	if want := "[{0 [3 {0 {1]"; fmt.Sprint(got) != want {
		t.Fatalf("frames %v, want %s", got, want)
	}
	if rest := o.drain(nil); len(rest) != 0 || o.waiting() != 0 {
		t.Fatalf("%d bytes left, %d counted", len(rest), o.waiting())
	}
}
