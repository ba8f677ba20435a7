package hubtest

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// Session is a WebSocket connection that is logged in, with a goroutine that reads. Several
// goroutines may call at once. It fails no test: it is for those that break what it speaks to.
type Session struct {
	Epoch string // named by the login

	ws      *websocket.Conn
	options SessionOptions
	gone    chan struct{} // closed when the reader has ended
	end     error         // why it has

	mu      sync.Mutex
	lastID  int
	waiting map[int]chan Frame // by ID
}

// SessionOptions say what becomes of frames that nobody waits for, and how long a call may take.
type SessionOptions struct {
	// Notify gets the notifications on the reader's goroutine, one after the other, also before
	// Open returns. It may be nil.
	Notify func(Frame)

	// Stray gets answers to no request, or to one that was answered before. It may be nil.
	Stray func(Frame)

	// Timeout bounds Open and every Call.
	Timeout time.Duration
}

// Open connects to the WebSocket door at this URL and logs in. It returns a *Refusal or ErrLost.
func Open(ctx context.Context, url string, login Object, o SessionOptions) (*Session, error) {
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	ws, err := dial(ctx, url, nil)
	if err != nil {
		return nil, lost(err)
	}
	s := &Session{ws: ws, options: o, gone: make(chan struct{}), waiting: make(map[int]chan Frame)}
	go s.read()
	var reply struct{ Epoch string }
	if err := s.Call(ctx, "login", login, &reply); err != nil {
		s.Close()
		return nil, err
	}
	s.Epoch = reply.Epoch
	return s, nil
}

// Close cuts the connection without a close frame and waits for the reader.
func (s *Session) Close() {
	s.ws.CloseNow()
	<-s.gone
}

// Gone returns a channel that is closed when the connection has ended.
func (s *Session) Gone() <-chan struct{} { return s.gone }

// Err returns the error that ended the connection. Gone must be closed.
func (s *Session) Err() error { return s.end }

// read ends with the connection, or at a frame that is neither a notification nor an answer.
func (s *Session) read() {
	defer close(s.gone)
	for {
		f, err := readFrame(context.Background(), s.ws)
		if err != nil {
			s.end = err
			return
		}
		if f.IsNotification() {
			if s.options.Notify != nil {
				s.options.Notify(f)
			}
			continue
		}
		id, err := strconv.Atoi(string(f.ID))
		if err != nil {
			s.end = err
			return
		}
		s.mu.Lock()
		answer, ok := s.waiting[id]
		delete(s.waiting, id)
		s.mu.Unlock()
		switch {
		case ok:
			answer <- f
		case s.options.Stray != nil:
			s.options.Stray(f)
		}
	}
}

// Call makes a request and decodes the result, unless result is nil. It returns a *Refusal, or
// ErrLost if it can't be known whether the hub carried the request out. After a timeout it cuts the
// connection, as an answer that comes later would be nobody's.
func (s *Session) Call(ctx context.Context, method string, params, result any) error {
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	answer := make(chan Frame, 1)
	s.mu.Lock()
	s.lastID++
	id := s.lastID
	s.waiting[id] = answer
	s.mu.Unlock()
	request, err := encode(id, method, params)
	if err != nil {
		return err
	}
	if err := s.ws.Write(ctx, websocket.MessageText, []byte(request)); err != nil {
		return lost(err)
	}
	select {
	case f := <-answer:
		return f.Decode(result)
	case <-s.gone:
		select {
		case f := <-answer: // it came right before the end
			return f.Decode(result)
		default:
			return ErrLost
		}
	case <-ctx.Done():
		s.ws.CloseNow()
		return lost(ctx.Err())
	}
}
