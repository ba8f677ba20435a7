package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"exthub/hub/hubtest"
	"exthub/hub/socket"
	"exthub/kv/kvtest"
)

// restarts is how many restarts TestRollingRestart makes. They take about eight seconds each.
var restarts = flag.Int("restarts", 2, "restarts of TestRollingRestart")

// An operator upgrades two hubs behind nginx, one after the other, with a second in between, while
// everybody votes. No call fails, no session ends but to be told to come back (4001), each finds
// the other hub at its first try, and nothing that was acknowledged is lost.
func TestRollingRestart(t *testing.T) {
	t.Parallel()
	node := kvtest.Start(t, kvtest.Listening)
	ports := fixedPorts(t, 4)
	args := func(i int) []string {
		return []string{"--addr", ports[i], "--nats-url", node.URL(), "--secret-key", key, "--message-rate", "0",
			"--rest-rate", "0", "--lame-duck", "5s", "--drain", "20s"}
	}
	hubs := []*hubProcess{startHub(t, args(0)...), startHub(t, args(1)...)}
	balancer := startNginx(t, ports)
	load := startVoters(t, balancer)
	for i := range *restarts {
		hubs[i%2].stop()
		hubs[i%2] = startHub(t, args(i%2)...)
		load.awaitVotes(t)
		<-time.After(time.Second) // what the operator waits for
	}
	load.finish(t)
	if load.ended.Load() == 0 {
		t.Error("no session has met a restart")
	}
	for _, h := range hubs {
		h.stop()
	}
}

// One of two hubs is gone, or waits for its NATS for hours. No call and no session behind nginx
// fails: each finds the other hub.
func TestBalancerPassesBy(t *testing.T) {
	t.Parallel()
	node, dead := kvtest.Start(t, kvtest.Listening), kvtest.Start(t, kvtest.Listening)
	dead.Stop()
	ports := fixedPorts(t, 4)
	waits := spawnHub(t, "--addr", ports[0], "--nats-url", dead.URL(), "--secret-key", key)
	waits.waitUntilItAnswers()
	startHub(t, "--addr", ports[1], "--nats-url", node.URL(), "--secret-key", key, "--message-rate", "0",
		"--rest-rate", "0")
	load := startVoters(t, startNginx(t, ports))
	for range 10 {
		load.awaitVotes(t)
	}
	waits.stop()
	load.awaitVotes(t)
	load.finish(t)
}

// fixedPorts returns addresses of loopback that nobody listens at. They are below those that the
// system gives away by itself: a hub that is restarted finds its own free again.
func fixedPorts(t *testing.T, n int) []string {
	t.Helper()
	var list []string
	for range 1000 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 10_000+rand.N(20_000)))
		if err != nil {
			continue
		}
		defer l.Close() // all of them at the end, so that none is given twice
		if list = append(list, l.Addr().String()); len(list) == n {
			return list
		}
	}
	t.Fatal("no ports are free")
	return nil
}

// startNginx runs nginx with deploy/nginx.conf, but for what only a container has, and returns its
// URL. The first two ports are those of the hubs.
func startNginx(t *testing.T, ports []string) string {
	t.Helper()
	dir := t.TempDir()
	conf := readRepoFile(t, "deploy/nginx.conf")
	for _, r := range [][2]string{
		{"hub-1:8080 resolve", ports[0]}, // Debian's nginx asks for names at its start only
		{"hub-2:8080 resolve", ports[1]},
		{"listen 8080;", "listen " + ports[2] + ";"},
		{"listen 127.0.0.1:8081;", "listen " + ports[3] + ";"},
		{"/tmp/", dir + "/"},
		{"/dev/stdout", dir + "/access.log"},
	} {
		if !strings.Contains(conf, r[0]) {
			t.Fatalf("nginx.conf lacks %q", r[0])
		}
		conf = strings.ReplaceAll(conf, r[0], r[1])
	}
	path := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	directives := "daemon off;"
	if os.Getuid() == 0 {
		directives += " user root;" // its own could not enter our directory
	}
	cmd := exec.Command(nginx(t), "-p", dir, "-c", path, "-e", dir+"/error.log", "-g", directives)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	out := new(strings.Builder)
	cmd.Stderr = out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		cmd.Wait()
	}()
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		<-ended
		if t.Failed() {
			log, _ := os.ReadFile(dir + "/access.log")
			for line := range strings.Lines(string(log)) {
				if fields := strings.Fields(line); len(fields) > 4 && fields[4] >= "500" {
					t.Logf("nginx: %s", line)
				}
			}
		}
	})
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		res, err := http.Get("http://" + ports[3])
		if err == nil {
			res.Body.Close()
			return "http://" + ports[2]
		}
		select {
		case <-ended:
			t.Fatalf("nginx: %s", out)
		case <-tick.C:
		}
	}
}

// nginx returns the path of the one that .ci/tools has found or installed.
func nginx(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"nginx", "/usr/sbin/nginx", repoRoot + ".ci/nginx/usr/sbin/nginx"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("nginx is missing: make tools installs it")
	return ""
}

// voters are users who vote through a balancer, each over and over again for a pair of its own:
// half of them as a backend does, by calls of REST, half of them in sessions.
type voters struct {
	url   string
	stop  context.CancelFunc
	all   sync.WaitGroup
	votes [2 * pairsOfVoters]atomic.Int64 // acknowledged, by voter
	ended atomic.Int64                    // sessions that were told to come back

	mu     sync.Mutex
	faults []string
}

const pairsOfVoters = 3

const hallID = "hall"

// startVoters makes a group of voters and a message, and lets them vote.
func startVoters(t *testing.T, url string) *voters {
	t.Helper()
	v := &voters{url: url}
	backend := v.backend(t)
	var members []hubtest.Object
	for i := range v.votes {
		members = append(members, hubtest.Object{"Member_Account": voter(i)})
	}
	backend.Must("group_open_http_svc/create_group", hubtest.Object{
		"Type": "Public", "Name": hallID, "GroupId": hallID, "Owner_Account": voter(0), "MemberList": members[1:],
	}, nil)
	message := backend.SendGroup(hallID, 1)
	ctx, stop := context.WithCancel(t.Context())
	v.stop = stop
	for i := range pairsOfVoters {
		v.all.Go(func() { v.call(ctx, t, i, message) })
		v.all.Go(func() { v.meet(ctx, t, i+pairsOfVoters, message) })
	}
	v.awaitVotes(t)
	return v
}

func voter(i int) string { return fmt.Sprint("voter", i) }

func (v *voters) backend(t *testing.T) *hubtest.Backend {
	return &hubtest.Backend{TB: t, URL: v.url, Query: url.Values{
		"sdkappid": {"1400000000"}, "identifier": {"admin"}, "usersig": {sign(t, key, "admin")},
		"random": {"1"}, "contenttype": {"json"},
	}}
}

func (v *voters) fault(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.faults) < 20 { // the first ones tell enough
		v.faults = append(v.faults, fmt.Sprintf(format, args...))
	}
}

// pause is the time between two votes.
func pause(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(10*time.Millisecond + rand.N(10*time.Millisecond)):
		return true
	}
}

// call votes by REST. Each call has to succeed.
func (v *voters) call(ctx context.Context, t *testing.T, i, message int) {
	address := v.backend(t).To("openim_msg_ext_http_svc/group_set_key_values")
	client := &http.Client{Timeout: testTimeout}
	for n := 1; pause(ctx); n++ {
		body, _ := json.Marshal(hubtest.Object{"GroupId": hallID, "MsgSeq": message, "OperateType": 1,
			"ExtensionList": []hubtest.Object{{"Key": voter(i), "Value": fmt.Sprint(n)}}})
		res, err := client.Post(address, "application/json", strings.NewReader(string(body)))
		if err != nil {
			v.fault("vote %d of %s: %v", n, voter(i), err)
			continue
		}
		reply, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(reply), `"ErrorCode":0,"Ext`) {
			v.fault("vote %d of %s: %s %s %v", n, voter(i), res.Status, reply, err)
			continue
		}
		v.votes[i].Store(int64(n))
	}
}

// meet votes in sessions, one after the other.
func (v *voters) meet(ctx context.Context, t *testing.T, i, message int) {
	login := hubtest.LoginParams(1400000000, voter(i), sign(t, key, voter(i)))
	for ctx.Err() == nil {
		s, err := hubtest.Open(ctx, hubtest.SocketURL(v.url), login, hubtest.SessionOptions{Timeout: testTimeout})
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			v.fault("%s does not get in: %v", voter(i), err)
			pause(ctx)
			continue
		}
		err = v.voteIn(ctx, s, i, fmt.Sprintf("g.%s.%d", hallID, message))
		if ctx.Err() != nil {
			s.Close()
			return
		}
		if errors.Is(err, hubtest.ErrLost) {
			<-s.Gone()
			err = s.Err()
		}
		if websocket.CloseStatus(err) != socket.CloseRestarting {
			v.fault("%s: %v", voter(i), err)
		}
		v.ended.Add(1)
		s.Close()
	}
}

// voteIn votes until the session ends.
func (v *voters) voteIn(ctx context.Context, s *hubtest.Session, i int, message string) error {
	var page hubtest.Page
	if err := s.Call(ctx, "getMessageExtensions", hubtest.Object{"messageID": message}, &page); err != nil {
		return err
	}
	seq := uint64(0)
	for _, p := range page.Extensions {
		if p.Key == voter(i) {
			seq = p.Seq
		}
	}
	for n := v.votes[i].Load() + 1; pause(ctx); n++ {
		var got hubtest.Changed
		set := hubtest.SetParams(message, voter(i), fmt.Sprint(n), seq)
		if err := s.Call(ctx, "setMessageExtensions", set, &got); err != nil {
			return err
		}
		if p := got.Extensions[0]; p.Code != 0 {
			return fmt.Errorf("vote %d with Seq %d: %+v", n, seq, p)
		}
		seq = got.Extensions[0].Seq
		v.votes[i].Store(n)
	}
	return ctx.Err()
}

// awaitVotes returns when each voter has been acknowledged another three votes.
func (v *voters) awaitVotes(t *testing.T) {
	t.Helper()
	var before [len(v.votes)]int64
	for i := range v.votes {
		before[i] = v.votes[i].Load()
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(testTimeout)
	for i := range v.votes {
		for v.votes[i].Load() < before[i]+3 {
			select {
			case <-tick.C:
			case <-deadline:
				t.Fatalf("%s can't vote; faults: %q", voter(i), v.faults)
			}
		}
	}
}

// finish lets the last votes come in, and compares what was acknowledged with what is there.
func (v *voters) finish(t *testing.T) {
	t.Helper()
	v.stop()
	v.all.Wait()
	for _, fault := range v.faults {
		t.Error(fault)
	}
	var page struct {
		ExtensionList []struct{ Key, Value string }
	}
	v.backend(t).Must("openim_msg_ext_http_svc/group_get_key_values",
		hubtest.Object{"GroupId": hallID, "MsgSeq": 1}, &page)
	there := map[string]int64{}
	for _, p := range page.ExtensionList {
		var n int64
		fmt.Sscan(p.Value, &n)
		there[p.Key] = n
	}
	sum := int64(0)
	for i := range v.votes {
		// The last one may be there although its answer did not come any more.
		if n, got := v.votes[i].Load(), there[voter(i)]; got != n && got != n+1 {
			t.Errorf("%s was acknowledged %d votes, there is %d", voter(i), n, got)
		}
		sum += v.votes[i].Load()
	}
	t.Logf("%d votes were acknowledged, %d sessions were told to come back", sum, v.ended.Load())
}
