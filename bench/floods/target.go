package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/coder/websocket"

	"exthub/hub/usersig"
)

const (
	appID     = 1400000000
	secretKey = "floods-floods-floods-floods-32" //nolint:gosec // of a hub that is gone afterwards
	timeout   = 30 * time.Second
)

// target is a hub under attack.
type target struct {
	process *exec.Cmd
	dir     string
	address string // host and port
}

// startTarget starts a hub on free ports with a data directory of its own. What is written need not
// reach the disk: that is not what is measured.
func startTarget(ctx context.Context, binary string) (*target, error) {
	dir, err := os.MkdirTemp("", "floods-")
	if err != nil {
		return nil, err
	}
	t := &target{dir: dir, process: exec.CommandContext(ctx, binary, //nolint:gosec // --hub names it
		"--addr", "127.0.0.1:0", "--admin-addr", "",
		"--data", dir, "--sync", "2m", "--secret-key", secretKey, "--drain", "1s")}
	t.process.Cancel = func() error { return t.process.Process.Signal(syscall.SIGTERM) }
	var log bytes.Buffer
	t.process.Stderr = &log
	out, err := t.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := t.process.Start(); err != nil {
		return nil, err
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if at, ok := strings.CutPrefix(lines.Text(), "listening on http://"); ok {
			t.address = at
		}
		if strings.HasPrefix(lines.Text(), "  data ") {
			return t, nil
		}
	}
	t.stop()
	return nil, errors.New("the hub did not start: " + log.String())
}

func (t *target) stop() {
	_ = t.process.Process.Signal(syscall.SIGTERM)
	_ = t.process.Wait() // whether its stop was clean is not what is measured
	_ = os.RemoveAll(t.dir)
}

// memory returns a field of the process's status in bytes: VmRSS, what it holds, or VmHWM, the most
// that it ever held.
func (t *target) memory(field string) (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", t.process.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), field)
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	return kib << 10, err
}

// sign returns a UserSig of the user, the same one each time.
func sign(user string) string {
	if sig, ok := signed.Load(user); ok {
		return sig.(string)
	}
	sig, err := usersig.Sign(appID, secretKey, user, time.Now(), time.Hour)
	if err != nil {
		panic(err) // the key and the name are ours
	}
	signed.Store(user, sig)
	return sig
}

var signed sync.Map

// query returns the query of a REST call.
func query(user string) string {
	return url.Values{"sdkappid": {strconv.Itoa(appID)}, "identifier": {user}, "usersig": {sign(user)}, "random": {"1"},
		"contenttype": {"json"}}.Encode()
}

// session is a client that is logged in.
type session struct {
	ws *websocket.Conn
	id int
}

func (t *target) login(ctx context.Context, user string) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, "ws://"+t.address+"/ws", nil)
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(-1)
	s := &session{ws: ws}
	return s, s.call(ctx, "login", map[string]any{"sdkAppID": appID, "userID": user, "userSig": sign(user)}, nil)
}

func request(id int, method string, params any) []byte {
	text, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": id, "method": method, "params": params})
	if err != nil {
		panic(err) // maps of strings and numbers
	}
	return text
}

// call makes a request and decodes the result.
func (s *session) call(ctx context.Context, method string, params, result any) error {
	s.id++
	if err := s.ws.Write(ctx, websocket.MessageText, request(s.id, method, params)); err != nil {
		return err
	}
	for {
		_, text, err := s.ws.Read(ctx)
		if err != nil {
			return err
		}
		answer := struct {
			ID     int
			Result any
			Error  *struct{ Message string }
		}{Result: result}
		if err := json.Unmarshal(text, &answer); err != nil {
			return err
		}
		switch {
		case answer.ID != s.id:
		case answer.Error != nil:
			return fmt.Errorf("%s: %s", method, answer.Error.Message)
		default:
			return nil
		}
	}
}

// ask makes a request and reads past one frame, in which the answer is.
func (s *session) ask(ctx context.Context, method string, params any) error {
	s.id++
	if err := s.ws.Write(ctx, websocket.MessageText, request(s.id, method, params)); err != nil {
		return err
	}
	_, answer, err := s.ws.Reader(ctx)
	if err == nil {
		_, err = io.Copy(io.Discard, answer)
	}
	return err
}

// send sends a message that takes extensions, and returns its ID.
func (s *session) send(ctx context.Context, kind, to, text string) (string, error) {
	var sent struct{ Message struct{ ID string } }
	err := s.call(ctx, "sendMessage", map[string]any{
		"to": to, "conversationType": kind, "type": "TIMTextElem", "payload": map[string]string{"text": text},
		"isSupportExtension": true,
	}, &sent)
	return sent.Message.ID, err
}

// set sets pairs that are not there.
func (s *session) set(ctx context.Context, message string, pairs map[string]string) error {
	var list []map[string]any
	for key, value := range pairs {
		list = append(list, map[string]any{"key": key, "value": value, "seq": 0})
	}
	return s.call(ctx, "setMessageExtensions", map[string]any{"messageID": message, "extensions": list}, nil)
}

// watch is what a client got that has nothing to do with the flood.
type watch struct {
	rounds, failed int
	slowest        time.Duration
}

// watch makes a round every tenth of a second until ctx ends.
func (t *target) watch(ctx context.Context) (w watch) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return w
		case <-tick.C:
		}
		w.rounds++
		took, err := t.round(context.WithoutCancel(ctx), w.rounds)
		if err != nil {
			w.failed++
			fmt.Fprintln(os.Stderr, "another client:", err)
		}
		w.slowest = max(w.slowest, took)
	}
}

// round connects, logs in, sends, sets, reads and leaves, and returns how long all of that took.
func (t *target) round(ctx context.Context, n int) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	begun := time.Now()
	s, err := t.login(ctx, "ada")
	if err != nil {
		return time.Since(begun), err
	}
	defer s.ws.CloseNow() //nolint:errcheck // nobody waits for it
	message, err := s.send(ctx, "C2C", "bo", strconv.Itoa(n))
	if err != nil {
		return time.Since(begun), err
	}
	if err := s.set(ctx, message, map[string]string{"k": "v"}); err != nil {
		return time.Since(begun), err
	}
	var page struct{ Extensions []any }
	err = s.call(ctx, "getMessageExtensions", map[string]any{"messageID": message}, &page)
	if err == nil && len(page.Extensions) != 1 {
		err = errors.New("what was set is not there")
	}
	return time.Since(begun), err
}
