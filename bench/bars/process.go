package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"exthub/bench"
)

const (
	timeout   = 30 * time.Second
	secretKey = "bars-bars-bars-bars-bars-bars-32"
	appID     = 1400000000
)

// subject is a running hub or floor.
type subject struct {
	process *exec.Cmd
	url     string // of the WebSocket door
	metrics string
	dir     string
}

// startHub starts the hub on free ports, with a data directory of its own.
func startHub(ctx context.Context, binary string, args ...string) (*subject, error) {
	dir, err := os.MkdirTemp("", "bars-")
	if err != nil {
		return nil, err
	}
	args = append([]string{"serve", "--addr", "127.0.0.1:0", "--admin-addr", "127.0.0.1:0", "--data", dir,
		"--secret-key", secretKey, "--message-rate", "0", "--lame-duck", "0s", "--drain", "1s"}, args...)
	s, err := start(ctx, binary, args, "data ")
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	s.dir = dir
	return s, nil
}

// startFloor starts the floor of fan-out.
func startFloor(ctx context.Context) (*subject, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s, err := start(ctx, self, []string{"fanout"}, "listening on ")
	if err == nil {
		s.metrics = strings.Replace(strings.TrimSuffix(s.url, "/ws"), "ws://", "http://", 1) + "/metrics"
	}
	return s, err
}

// start starts a program and reads its output up to the line that begins with last, for the
// addresses that it listens on.
func start(ctx context.Context, binary string, args []string, last string) (*subject, error) {
	s := &subject{process: exec.CommandContext(ctx, binary, args...)}
	s.process.Cancel = func() error { return s.process.Process.Signal(syscall.SIGTERM) }
	s.process.WaitDelay = timeout
	var errs bytes.Buffer
	s.process.Stderr = &errs
	out, err := s.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if at, ok := strings.CutPrefix(line, "listening on http://"); ok {
			s.url = "ws://" + at + "/ws"
		}
		if at, ok := strings.CutPrefix(line, "admin "); ok {
			s.metrics = strings.TrimSpace(at)
		}
		if strings.HasPrefix(line, last) {
			return s, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("%s %s did not start: %s", binary, args[0], errs.String()), s.process.Wait())
}

func (s *subject) stop() {
	_ = s.process.Process.Signal(syscall.SIGTERM)
	_ = s.process.Wait() // its exit code is not measured
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
}

// load runs a scenario against the server.
func (s *subject) load(ctx context.Context, scenario string, o bench.Options) (*bench.Result, error) {
	o.URL, o.MetricsURL, o.SDKAppID, o.SecretKey, o.Admin = s.url, s.metrics, appID, secretKey, "admin"
	return bench.Run(ctx, scenario, o)
}

// runFloor runs a floor to its end and returns the rate that it prints.
func runFloor(ctx context.Context, args ...string) (float64, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	out, err := exec.CommandContext(ctx, self, args...).Output()
	if err != nil {
		return 0, fmt.Errorf("%v: %w", args, err)
	}
	var answer struct{ Rate float64 }
	err = json.Unmarshal(out, &answer)
	return answer.Rate, err
}

// printRate prints the rate of what was done in a time, for runFloor.
func printRate(done int64, took time.Duration) error {
	return json.NewEncoder(os.Stdout).Encode(map[string]float64{"rate": float64(done) / took.Seconds()})
}
