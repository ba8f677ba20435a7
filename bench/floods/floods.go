package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/sync/errgroup"
)

// attackers is how many clients a flood has at a time.
const attackers = 400

// each runs attack for every attacker until ctx ends. One that is thrown out comes back after a
// second: attackers and hub share the machine, and what attackers cost is not what is measured.
func each(ctx context.Context, n int, attack func(ctx context.Context, i int) error) error {
	var g errgroup.Group
	for i := range n {
		g.Go(func() error {
			for ctx.Err() == nil {
				if err := attack(ctx, i); err == nil {
					continue
				}
				select { // thrown out
				case <-ctx.Done():
				case <-time.After(time.Second):
				}
			}
			return nil
		})
	}
	return g.Wait()
}

func mallory(i int) string { return fmt.Sprint("mallory", i) }

func floods() []flood {
	list := []flood{
		{"nothing", nil, func(ctx context.Context, _ *target) error { <-ctx.Done(); return nil }},
		{"400 sessions: frames of 64 KiB whose last byte never comes", nil, giantFrames},
		{"10,000 idle connections", nil, idle},
		{"2,000 headers, byte by byte", nil, slowHeaders},
		{"400 members: bodies of 1 MiB whose last byte never comes", nil, bodies},
		{"400 connections: logins with forged UserSigs of 4 KiB, without a pause", nil, logins},
		{"400 sessions that read nothing, in a group that is told much", makeGroup, stalledReaders},
		{"50 sessions: pages of 60 full messages, from every startSeq on", fillMessages, pages},
		{"50 sessions: pairs with long keys that are escaped", nil, longKeys},
		{"40 sessions: histories of 10,000 messages of 4 KB", fillHistory, histories},
	}
	for _, mode := range []struct{ name, flags string }{
		{"-H: 4,000 slow headers", "-H -i 5 -t GET -u http://HUB/"},
		{"-B: 4,000 slow bodies of an admin", "-B -i 5 -s 8192 -x 64 -t POST -u http://HUB/v4/openim/sendmsg?QUERY"},
		{"-X: 4,000 slow reads", "-X -w 256 -y 512 -n 2 -z 16 -k 3 -u http://HUB/sdk/index.js"},
	} {
		if _, err := exec.LookPath("slowhttptest"); err == nil {
			list = append(list, flood{"slowhttptest " + mode.name, nil, slowhttptest(mode.flags)})
		}
	}
	return list
}

// slowhttptest is an attack by the tool of this name. What it says of the hub goes to stderr.
func slowhttptest(flags string) func(context.Context, *target) error {
	return func(ctx context.Context, t *target) error {
		deadline, _ := ctx.Deadline()
		args := strings.Fields(strings.NewReplacer("HUB", t.address, "QUERY", query("admin")).Replace(flags))
		seconds := int(time.Until(deadline).Seconds())
		args = append(args, "-c", "4000", "-r", "1000", "-p", "3", "-l", fmt.Sprint(seconds))
		slow := exec.CommandContext(ctx, "slowhttptest", args...) //nolint:gosec // our arguments
		out, err := slow.CombinedOutput()
		for line := range strings.Lines(string(out)) {
			if strings.Contains(line, "service available") {
				out = []byte(line)
			}
		}
		fmt.Fprintf(os.Stderr, "%s", out)
		<-ctx.Done()
		return err
	}
}

// dial opens a connection that is closed when ctx ends, and sends text.
func (t *target) dial(ctx context.Context, text string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", t.address)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { c.Close() })
	_, err = io.WriteString(c, text)
	return c, err
}

// untilClosed reads until the hub closes the connection, or the flood is over.
func untilClosed(c net.Conn) error {
	_, err := io.Copy(io.Discard, c)
	c.Close()
	if err == nil {
		err = io.EOF
	}
	return err
}

func giantFrames(ctx context.Context, t *target) error {
	text := strings.Repeat("x", 64<<10)
	return each(ctx, attackers, func(ctx context.Context, i int) error {
		s, err := t.login(ctx, mallory(i))
		if err != nil {
			return err
		}
		defer s.ws.CloseNow() //nolint:errcheck // nobody waits for it
		w, err := s.ws.Writer(ctx, websocket.MessageText)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, text[:len(text)-1]); err != nil {
			return err
		}
		_, _, err = s.ws.Read(ctx) // until it is thrown out
		return err
	})
}

func idle(ctx context.Context, t *target) error {
	return each(ctx, 10_000, func(ctx context.Context, _ int) error {
		c, err := t.dial(ctx, "GET /sdk/version HTTP/1.1\r\nHost: "+t.address+"\r\n\r\n")
		if err != nil {
			return err
		}
		return untilClosed(c)
	})
}

func slowHeaders(ctx context.Context, t *target) error {
	return each(ctx, 2000, func(ctx context.Context, _ int) error {
		c, err := t.dial(ctx, "GET / HTTP/1.1\r\nX-A: ")
		for err == nil {
			if _, err = io.WriteString(c, "a"); err == nil {
				time.Sleep(100 * time.Millisecond)
			}
		}
		return err
	})
}

func bodies(ctx context.Context, t *target) error {
	body := strings.Repeat("x", 1<<20)
	return each(ctx, attackers, func(ctx context.Context, i int) error {
		c, err := t.dial(ctx, fmt.Sprintf("POST /v4/openim_msg_ext_http_svc/set_key_values?%s HTTP/1.1\r\nHost: %s\r\n"+
			"Content-Length: %d\r\n\r\n", query(mallory(i)), t.address, len(body)))
		if err != nil {
			return err
		}
		if _, err := io.WriteString(c, body[:len(body)-1]); err != nil {
			return err
		}
		return untilClosed(c)
	})
}

func logins(ctx context.Context, t *target) error {
	return each(ctx, attackers, func(ctx context.Context, i int) error {
		ws, _, err := websocket.Dial(ctx, "ws://"+t.address+"/ws", nil)
		if err != nil {
			return err
		}
		defer ws.CloseNow() //nolint:errcheck // nobody waits for it
		login := request(1, "login", map[string]any{
			"sdkAppID": appID, "userID": mallory(i), "userSig": strings.Repeat("x", 3900),
		})
		if err := ws.Write(ctx, websocket.MessageText, login); err != nil {
			return err
		}
		for err == nil {
			_, _, err = ws.Read(ctx)
		}
		return nil // at once again
	})
}

func makeGroup(ctx context.Context, t *target) error {
	admin, err := t.login(ctx, "admin")
	if err != nil {
		return err
	}
	defer admin.ws.CloseNow() //nolint:errcheck // nobody waits for it
	if err := admin.call(ctx, "createGroup", map[string]any{"name": "hall", "type": "Public", "groupID": "hall"},
		nil); err != nil {
		return err
	}
	var users []string
	for i := range attackers {
		users = append(users, mallory(i))
	}
	for len(users) > 0 {
		n := min(300, len(users))
		if err := admin.call(ctx, "addGroupMember", map[string]any{"groupID": "hall", "userIDList": users[:n]},
			nil); err != nil {
			return err
		}
		users = users[n:]
	}
	return nil
}

func stalledReaders(ctx context.Context, t *target) error {
	go func() { // tells the group as much as a hub takes
		admin, err := t.login(ctx, "admin")
		for n := 0; err == nil; n++ {
			_, err = admin.send(ctx, "GROUP", "hall", strings.Repeat("x", 10_000)+fmt.Sprint(n))
		}
	}()
	return each(ctx, attackers, func(ctx context.Context, i int) error {
		s, err := t.login(ctx, mallory(i))
		if err != nil {
			return err
		}
		defer s.ws.CloseNow() //nolint:errcheck // nobody waits for it
		select {              // without a read
		case <-ctx.Done():
		case <-time.After(12 * time.Second): // it was thrown out meanwhile
		}
		return nil
	})
}

const filled, filledPairs = 60, 300

func filledMessage(i int) string { return fmt.Sprintf("g.hall.%d", i+1) }

// fillMessages makes messages with as many pairs as they may have.
func fillMessages(ctx context.Context, t *target) error {
	if err := makeGroup(ctx, t); err != nil {
		return err
	}
	admin, err := t.login(ctx, "admin")
	if err != nil {
		return err
	}
	defer admin.ws.CloseNow() //nolint:errcheck // nobody waits for it
	for range filled {
		id, err := admin.send(ctx, "GROUP", "hall", "poll")
		if err != nil {
			return err
		}
		for n := 0; n < filledPairs; n += 20 {
			pairs := make(map[string]string)
			for i := range 20 {
				pairs[fmt.Sprintf("%0100d", n+i)] = strings.Repeat("\x01", 100)
			}
			if err := admin.set(ctx, id, pairs); err != nil {
				return err
			}
		}
	}
	return nil
}

func pages(ctx context.Context, t *target) error {
	return each(ctx, 50, func(ctx context.Context, i int) error {
		s, err := t.login(ctx, mallory(i))
		for err == nil {
			err = s.ask(ctx, "getMessageExtensions", map[string]any{
				"messageID": filledMessage(rand.N(filled)), "startSeq": rand.N(filled * filledPairs),
			})
		}
		return err
	})
}

func longKeys(ctx context.Context, t *target) error {
	return each(ctx, 50, func(ctx context.Context, i int) error {
		s, err := t.login(ctx, mallory(i))
		if err != nil {
			return err
		}
		defer s.ws.CloseNow() //nolint:errcheck // nobody waits for it
		for n := 0; ; n++ {
			id, err := s.send(ctx, "C2C", mallory(i+1), fmt.Sprint(n))
			if err != nil {
				return err
			}
			for range 2 { // of 50 sets that a user has for a message and minute
				pairs := make(map[string]string)
				for range 20 {
					pairs[strings.Repeat("*", 80)+fmt.Sprintf("%020d", rand.Uint64())] = "v"
				}
				if err := s.set(ctx, id, pairs); err != nil {
					return err
				}
			}
		}
	})
}

const historyOf = 10_000

// fillHistory makes a conversation of long messages.
func fillHistory(ctx context.Context, t *target) error {
	s, err := t.login(ctx, mallory(0))
	if err != nil {
		return err
	}
	defer s.ws.CloseNow()                        //nolint:errcheck // nobody waits for it
	pace := time.NewTicker(2 * time.Millisecond) // as fast as a session may
	defer pace.Stop()
	for n := range historyOf {
		if _, err := s.send(ctx, "C2C", "eve", strings.Repeat("x", 4000)+fmt.Sprint(n)); err != nil {
			return err
		}
		<-pace.C
	}
	return nil
}

func histories(ctx context.Context, t *target) error {
	return each(ctx, 40, func(ctx context.Context, _ int) error {
		s, err := t.login(ctx, mallory(0))
		for err == nil {
			err = s.ask(ctx, "getMessageList", map[string]any{"conversationID": "C2Ceve", "count": 1})
		}
		return err
	})
}
