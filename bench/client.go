package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"exthub/hub/usersig"
)

// timeout bounds every wait for the hub.
const timeout = 30 * time.Second

// account is a user who can log in.
type account struct {
	user         string
	loginRequest []byte // the whole login request
}

func (o *Options) account(user string) (account, error) {
	sig, err := usersig.Sign(o.SDKAppID, o.SecretKey, user, time.Now(), 2*maxDuration)
	if err != nil {
		return account{}, err
	}
	request := fmt.Appendf(nil, `{"jsonrpc":"2.0","id":1,"method":"login",`+
		`"params":{"sdkAppID":%d,"userID":%q,"userSig":%q}}`, o.SDKAppID, user, sig)
	return account{user, request}, nil
}

// client is a logged-in connection. One goroutine at a time owns it.
type client struct {
	*socket
	user           string
	id             int
	request        []byte
	extendDeadline time.Time          // when the read deadline must be moved
	onNotification func(frame []byte) // gets notifications that come before an answer; may be nil
}

// login connects and logs in.
func (t target) login(ctx context.Context, a account, stalled bool) (*client, error) {
	s, err := t.dial(ctx, stalled)
	if err != nil {
		return nil, err
	}
	c := &client{socket: s, user: a.user, id: 1}
	if err := c.send(a.loginRequest); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if _, err := c.awaitAnswer(c.id); err != nil {
		return nil, errors.Join(fmt.Errorf("login: %w", err), s.Close())
	}
	return c, nil
}

// beginRequest starts a request of this method. The caller appends the params and gives the whole
// to roundTrip or queueRequest.
func (c *client) beginRequest(method string) []byte {
	c.id++
	b := append(c.request[:0], `{"jsonrpc":"2.0","id":`...)
	b = strconv.AppendInt(b, int64(c.id), 10)
	b = append(append(b, `,"method":"`...), method...)
	return append(b, `","params":`...)
}

// queueRequest queues a request that beginRequest started, and returns its ID for awaitAnswer. The
// next flush sends it.
func (c *client) queueRequest(b []byte) (id int) {
	c.request = append(b, '}')
	c.queue(c.request)
	return c.id
}

// roundTrip sends a request that beginRequest started and returns the answer, which is valid until
// the next call.
func (c *client) roundTrip(b []byte) ([]byte, error) {
	id := c.queueRequest(b)
	if err := c.flush(); err != nil {
		return nil, err
	}
	return c.awaitAnswer(id)
}

// awaitAnswer reads until the answer to the request with this ID. On a connection that was cut off
// it gives up after twice the timeout at most.
func (c *client) awaitAnswer(to int) ([]byte, error) {
	if now := time.Now(); now.After(c.extendDeadline) {
		if err := c.SetReadDeadline(now.Add(2 * timeout)); err != nil {
			return nil, err
		}
		c.extendDeadline = now.Add(timeout)
	}
	for {
		frame, err := c.receive()
		if err != nil {
			return nil, err
		}
		rest, isAnswer := bytes.CutPrefix(frame, []byte(`{"jsonrpc":"2.0","id":`))
		if !isAnswer {
			if c.onNotification != nil {
				c.onNotification(frame)
			}
			continue
		}
		id, n := leadingNumber(rest)
		if id != uint64(to) {
			continue
		}
		if !bytes.HasPrefix(rest[n:], []byte(`,"result":`)) {
			return nil, fmt.Errorf("refused: %s", rest[n:])
		}
		return frame, nil
	}
}

// call encodes params, makes a request and decodes the result. It is for what is not measured.
func (c *client) call(method string, params, result any) error {
	encoded, err := json.Marshal(params)
	if err != nil {
		return err
	}
	frame, err := c.roundTrip(append(c.beginRequest(method), encoded...))
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	return json.Unmarshal(frame, &struct {
		Result any `json:"result"`
	}{result})
}

// leadingNumber reads the digits at the start of b, and returns how many there are.
func leadingNumber(b []byte) (n uint64, digits int) {
	for digits < len(b) && b[digits] >= '0' && b[digits] <= '9' {
		n = n*10 + uint64(b[digits]-'0')
		digits++
	}
	return n, digits
}

// after returns what follows the first occurrence of mark, or nil if there is none.
func after(b []byte, mark string) []byte {
	i := bytes.Index(b, []byte(mark))
	if i < 0 {
		return nil
	}
	return b[i+len(mark):]
}
