package torture

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"exthub/hub/hubtest"
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
type object = hubtest.Object

const (
	codeInternal     = 10002
	codeParameter    = 10004
	codeNotPermitted = 10007
	codeNoGroup      = 10010
	codeConflict     = 23001
	codeRate         = 23003
	codeNoMessage    = 23004
	codeClosed       = 23005
)

// duplicateAnswers counts the requests that were answered twice, over all tests of the process.
var duplicateAnswers atomic.Int64

// login connects to the hub and logs in. It passes notifications to onNotification, also before it
// returns; onNotification may be nil.
func login(ctx context.Context, addr, user string, onNotification func(hubtest.Frame)) (*hubtest.Session, error) {
	// Issued long ago and valid for long, because tests shift the clocks of some hubs.
	sig, err := usersig.Sign(appID, secretKey, user, time.Now().Add(-24*time.Hour), 7*24*time.Hour)
	if err != nil {
		return nil, err
	}
	return hubtest.Open(ctx, "ws://"+addr+"/ws", hubtest.LoginParams(appID, user, sig), hubtest.SessionOptions{
		Notify: onNotification, Stray: func(hubtest.Frame) { duplicateAnswers.Add(1) }, Timeout: answerTime,
	})
}

// nothingWritten reports whether the hub says that it failed and that nothing was written.
func nothingWritten(err error) bool {
	var r *hubtest.Refusal
	return errors.As(err, &r) && r.Code == codeInternal && strings.Contains(r.Message, "nothing was written")
}

// isGone reports whether the hub says that there is no such thing, or nobody in it.
func isGone(err error) bool {
	code := hubtest.Code(err)
	return code == codeNoGroup || code == codeNoMessage || code == codeNotPermitted
}

// outcomeUnknown reports whether a write that ended with this error may have happened or not: no
// answer came, or one that says that the hub does not know.
func outcomeUnknown(err error) bool {
	return err != nil && (hubtest.Code(err) == 0 || hubtest.Code(err) == codeInternal)
}
