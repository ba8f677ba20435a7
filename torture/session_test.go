package torture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"exthub/hub/usersig"
)

const (
	appID     = 1400000000
	secretKey = "3d1c8b7a5e9f4026b8d7c1e0fa954c6b27e8d0f13a5b49c6"
	admin     = "admin"

	// testTimeout allows for machines that run many tests at once. Nothing waits this long unless
	// something is broken.
	testTimeout = time.Minute
	// answerTime is how long a client waits for an answer: longer than the hub takes to give up.
	answerTime = 15 * time.Second
)

// object is the params of a request.
type object = map[string]any

// refusal is an answer with an error.
type refusal struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s", r.Code, r.Message) }

const (
	codeInternal  = 10002
	codeParameter = 10004
	codeConflict  = 23001
	codeRate      = 23003
)

// errLost says that the connection ended, or time ran out, before the answer came.
var errLost = errors.New("no answer")

// notification is a notification of the hub about pairs.
type notification struct {
	Method string
	Params struct {
		MessageID           string
		Extensions          []pair
		KeyList             []string
		LatestSeq, ClearSeq uint64
	}
}

// pair is a pair on the wire; an empty value is a deletion.
type pair struct {
	Code  int    `json:"code,omitempty"`
	Key   string `json:"key"`
	Value string `json:"value"`
	Seq   uint64 `json:"seq"`
}

// page is the result of a get or of a change.
type page struct {
	Extensions                     []pair
	LatestSeq, ClearSeq, PurgedSeq uint64
	CompleteFlag                   int
}

// session is a WebSocket connection that is logged in. call may be used by several goroutines.
type session struct {
	ws             *websocket.Conn
	epoch          string             // named by the login
	onNotification func(notification) // called by the reader, one notification after the other
	closed         chan struct{}
	answer         struct {
		sync.Mutex
		id      int
		waiting map[int]chan frame
	}
}

// duplicateAnswers counts the requests that were answered twice, over all tests of the process.
var duplicateAnswers atomic.Int64

type frame struct {
	notification
	ID     *int
	Result json.RawMessage
	Error  *refusal
}

// login connects to the hub and logs in. It passes notifications to onNotification, also before it
// returns; onNotification may be nil.
func login(ctx context.Context, addr, user string, onNotification func(notification)) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, "ws://"+addr+"/ws", nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errLost, err)
	}
	ws.SetReadLimit(1 << 20)
	s := &session{ws: ws, onNotification: onNotification, closed: make(chan struct{})}
	s.answer.waiting = make(map[int]chan frame)
	go s.read()
	// Issued long ago and valid for long, because tests shift the clocks of some hubs.
	sig, err := usersig.Sign(appID, secretKey, user, time.Now().Add(-24*time.Hour), 7*24*time.Hour)
	var reply struct{ Epoch string }
	if err == nil {
		err = s.call(ctx, "login", object{"sdkAppID": appID, "userID": user, "userSig": sig}, &reply)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	s.epoch = reply.Epoch
	return s, nil
}

// close cuts the connection without a close frame and waits for the reader.
func (s *session) close() {
	s.ws.CloseNow()
	<-s.closed
}

func (s *session) read() {
	defer close(s.closed)
	for {
		_, raw, err := s.ws.Read(context.Background())
		var f frame
		if err != nil || json.Unmarshal(raw, &f) != nil {
			return
		}
		if f.Method != "" {
			if s.onNotification != nil {
				s.onNotification(f.notification)
			}
			continue
		}
		if f.ID == nil {
			return
		}
		s.answer.Lock()
		ch, ok := s.answer.waiting[*f.ID]
		delete(s.answer.waiting, *f.ID)
		s.answer.Unlock()
		if !ok {
			duplicateAnswers.Add(1)
			continue
		}
		ch <- f
	}
}

// call sends a request and waits for its answer. It returns a *refusal, or errLost if it can't be
// known whether the hub carried the request out.
func (s *session) call(ctx context.Context, method string, params any, result any) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	ch := make(chan frame, 1)
	s.answer.Lock()
	s.answer.id++
	id := s.answer.id
	s.answer.waiting[id] = ch
	s.answer.Unlock()
	request, err := json.Marshal(object{"jsonrpc": "2.0", "id": id, "method": method, "params": params})
	if err != nil {
		return err
	}
	if err := s.ws.Write(ctx, websocket.MessageText, request); err != nil {
		return fmt.Errorf("%w: %w", errLost, err)
	}
	var f frame
	select {
	case f = <-ch:
	case <-s.closed:
		select {
		case f = <-ch: // it came right before the end
		default:
			return errLost
		}
	case <-ctx.Done():
		s.ws.CloseNow() // a later answer would be nobody's
		return fmt.Errorf("%w: %w", errLost, ctx.Err())
	}
	if f.Error != nil {
		return f.Error
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(f.Result, result)
}

// refusalCode returns the code of a refusal, or 0 if err is none.
func refusalCode(err error) int {
	var r *refusal
	if errors.As(err, &r) {
		return r.Code
	}
	return 0
}

// nothingWritten reports whether the hub says that it failed and that nothing was written.
func nothingWritten(err error) bool {
	var r *refusal
	return errors.As(err, &r) && r.Code == codeInternal && strings.Contains(r.Message, "nothing was written")
}

// outcomeUnknown reports whether a write that ended with this error may have happened or not: no
// answer came, or one that says that the hub does not know.
func outcomeUnknown(err error) bool {
	return err != nil && (refusalCode(err) == 0 || refusalCode(err) == codeInternal)
}
