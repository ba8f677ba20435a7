package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"exthub/hub/usersig"
)

// binary is the path of the hub, built once for all tests that start it as a process.
var binary string

func TestMain(m *testing.M) {
	clearSettings()
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "hub")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "hub")
		build := exec.Command("go", "build", "-o", binary, ".")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			panic(err)
		}
		return m.Run()
	}())
}

// testTimeout allows for machines that run many tests at once. Nothing waits this long unless
// something is broken.
const testTimeout = time.Minute

// hubProcess is a hub in a process of its own.
type hubProcess struct {
	t      *testing.T
	cmd    *exec.Cmd
	key    string // its --secret-key; "" if it has a demo
	banner string // what it printed at the start
	url    string // http://127.0.0.1:port
	admin  string
	up     chan struct{} // closed when the three above are set
	exited chan struct{} // closed when it has ended and all it printed is read

	mu  sync.Mutex
	log bytes.Buffer // stderr
}

// startHub starts the hub on free ports and returns when it serves. It is killed when the test
// ends.
func startHub(t *testing.T, args ...string) *hubProcess {
	t.Helper()
	r := spawnHub(t, args...)
	r.waitUntilUp()
	return r
}

// spawnHub starts the hub on free ports, with a short --drain and no --lame-duck, and returns at
// once.
func spawnHub(t *testing.T, args ...string) *hubProcess {
	t.Helper()
	r := &hubProcess{t: t, up: make(chan struct{}), exited: make(chan struct{})}
	if i := slices.Index(args, "--secret-key"); i >= 0 {
		r.key = args[i+1]
	}
	r.cmd = exec.Command(binary, append([]string{"--addr", "127.0.0.1:0", "--admin-addr", "127.0.0.1:0",
		"--lame-duck", "0s", "--drain", "1s"}, args...)...)
	stdout, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	r.cmd.Stderr = r
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.kill)
	go func() {
		defer close(r.exited)
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			line := lines.Text()
			r.banner += line + "\n"
			if url, ok := strings.CutPrefix(line, "listening on "); ok {
				r.url = url
			}
			if _, url, ok := strings.Cut(line, "admin      "); ok {
				r.admin = strings.TrimSuffix(url, "/metrics")
			}
			if strings.HasPrefix(line, "  data ") { // the banner's last line
				close(r.up)
			}
		}
		r.cmd.Wait() // tests check the exit code
	}()
	return r
}

// waitUntilUp waits until the hub has printed where it listens.
func (r *hubProcess) waitUntilUp() {
	r.t.Helper()
	select {
	case <-r.up:
	case <-r.exited:
		r.t.Fatalf("hub ended at its start:\n%s", r.logged())
	case <-time.After(testTimeout):
		r.t.Fatalf("hub does not come up:\n%s", r.logged())
	}
}

// waitUntilItAnswers waits until a hub that may never be up has its ports.
func (r *hubProcess) waitUntilItAnswers() {
	r.t.Helper()
	ports := regexp.MustCompile(`public=(\S+) admin=(\S+)`)
	r.waitUntil("its ports", func() bool {
		found := ports.FindStringSubmatch(r.logged())
		if found == nil {
			return false
		}
		r.url, r.admin = "http://"+found[1], "http://"+found[2]
		return true
	})
}

// Write collects what the hub logs.
func (r *hubProcess) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(p)
}

func (r *hubProcess) logged() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

// kill sends SIGKILL. It returns when the process is gone.
func (r *hubProcess) kill() {
	r.cmd.Process.Kill()
	<-r.exited
}

// stop asks the hub to stop, and fails the test if the exit code is not 0.
func (r *hubProcess) stop() {
	r.t.Helper()
	r.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-r.exited:
	case <-time.After(testTimeout):
		r.t.Fatalf("hub does not stop:\n%s", r.logged())
	}
	if code := r.cmd.ProcessState.ExitCode(); code != 0 {
		r.t.Fatalf("hub stopped with exit code %d:\n%s", code, r.logged())
	}
}

// get returns the status, header and body of a GET.
func get(t *testing.T, url string) (int, http.Header, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(body)
}

// userSig makes a UserSig with the hub's key or, if the hub keeps it, asks the demo for one.
func (r *hubProcess) userSig(user string) string {
	r.t.Helper()
	if r.key != "" {
		return sign(r.t, r.key, user)
	}
	status, _, body := get(r.t, r.url+"/demo/usersig?user="+user)
	var reply struct{ UserSig string }
	if err := json.Unmarshal([]byte(body), &reply); err != nil || status != http.StatusOK {
		r.t.Fatalf("no UserSig: %d %s", status, body)
	}
	return reply.UserSig
}

// sign makes a UserSig that is valid for an hour.
func sign(t *testing.T, key, user string) string {
	t.Helper()
	sig, err := usersig.Sign(1400000000, key, user, time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

// runCommand runs the hub to its end and returns what it printed and its exit code.
func runCommand(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, log bytes.Buffer
	cmd := exec.Command(binary, args...)
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), log.String(), cmd.ProcessState.ExitCode()
}

// interrupt stops a hub that has not come up and fails the test if it does not end.
func (r *hubProcess) interrupt() {
	r.t.Helper()
	r.cmd.Process.Signal(os.Interrupt)
	select {
	case <-r.exited:
	case <-time.After(testTimeout):
		r.t.Fatalf("hub does not stop:\n%s", r.logged())
	}
}

// waitForLog waits until the hub has logged text.
func (r *hubProcess) waitForLog(text string) {
	r.t.Helper()
	r.waitUntil("log "+text, func() bool { return strings.Contains(r.logged(), text) })
}

// waitForStatus waits until the admin port answers a path with this status.
func (r *hubProcess) waitForStatus(path string, want int) {
	r.t.Helper()
	r.waitUntil(path, func() bool {
		status, _, _ := get(r.t, r.admin+path)
		return status == want
	})
}

// waitUntil polls a condition: another process tells nothing but what it prints and answers.
func (r *hubProcess) waitUntil(what string, holds func() bool) {
	r.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(testTimeout)
	for !holds() {
		select {
		case <-tick.C:
		case <-r.exited:
			r.t.Fatalf("ended before %s:\n%s", what, r.logged())
		case <-deadline:
			r.t.Fatalf("waited %v in vain for %s:\n%s", testTimeout, what, r.logged())
		}
	}
}
