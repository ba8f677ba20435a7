package main

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// operators are passwords that an operator exports. A careless reader takes the first for a number.
var operators = map[string]string{"NATS_PASSWORD": "1234567890123456", "NATS_CLUSTER_PASSWORD": "3e5f0c1d2b3a49586776"}

// substitute puts what the operator exports into a value of docker-compose.yml, as Compose does.
func substitute(value string) string {
	return regexp.MustCompile(`\$\{(\w+)[^}]*\}`).ReplaceAllStringFunc(value, func(variable string) string {
		name := regexp.MustCompile(`\w+`).FindString(variable)
		return cmp.Or(operators[name], variable)
	})
}

// readNATSConfig reads the nodes' configuration by NATS's own code, in a node's environment.
func readNATSConfig(t *testing.T, c compose) *server.Options {
	t.Helper()
	for env, value := range c.Services["nats-1"].Environment {
		t.Setenv(env, substitute(value))
	}
	conf, err := server.ProcessConfigFile(repoRoot + "deploy/nats.conf")
	if err != nil {
		t.Fatal(err)
	}
	return conf
}

// startNode starts a node of the configuration on free ports of loopback, without a store.
func startNode(t *testing.T, conf *server.Options, routes []*url.URL) *server.Server {
	t.Helper()
	o := conf.Clone()
	o.Host, o.Port, o.HTTPHost, o.HTTPPort = "127.0.0.1", -1, "", 0
	o.Cluster.Host, o.Cluster.Port, o.Routes = "127.0.0.1", -1, routes
	o.JetStream, o.NoLog, o.NoSigs = false, true, true
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(testTimeout) {
		t.Fatal("a node does not start")
	}
	return s
}

// Somebody in the network of NATS, such as a container that was broken into, connects to a node, or
// joins as a node. Only who has the password of the hubs, or that of the nodes, gets in.
func TestStrangerAtNATS(t *testing.T) {
	conf := readNATSConfig(t, readCompose(t))
	first := startNode(t, conf, nil)
	route := *conf.Routes[0]
	route.Host = first.ClusterAddr().String()
	second := startNode(t, conf, []*url.URL{&route})
	for deadline := time.Now().Add(testTimeout); second.NumRoutes() == 0; {
		if time.Now().After(deadline) {
			t.Fatal("the nodes do not find together")
		}
		runtime.Gosched()
	}
	for name, user := range map[string]*url.Userinfo{
		"nobody": nil, "wrong": url.UserPassword("hub", "guess"),
		"node": url.UserPassword("node", operators["NATS_CLUSTER_PASSWORD"]),
	} {
		address := url.URL{Scheme: "nats", Host: first.Addr().String(), User: user}
		if nc, err := nats.Connect(address.String()); err == nil {
			nc.Close()
			t.Errorf("%s: connected", name)
		}
	}
	address := url.URL{Scheme: "nats", Host: first.Addr().String(),
		User: url.UserPassword("hub", operators["NATS_PASSWORD"])}
	nc, err := nats.Connect(address.String())
	if err != nil {
		t.Fatal("a hub: ", err)
	}
	nc.Close()

	known := first.NumRoutes()
	route.User = url.UserPassword("hub", operators["NATS_PASSWORD"])
	refused := &routeLog{refused: make(chan struct{}, 100)}
	first.SetLoggerV2(refused, false, false, false)
	startNode(t, conf, []*url.URL{&route})
	select {
	case <-refused.refused:
	case <-time.After(testTimeout):
		t.Error("nobody refuses a node without the password of the nodes")
	}
	if first.NumRoutes() != known {
		t.Error("a node without the password of the nodes has joined")
	}
}

// routeLog is a node's log that waits for one error.
type routeLog struct {
	natsLog
	refused chan struct{}
}

func (l *routeLog) Errorf(format string, args ...any) {
	if strings.Contains(fmt.Sprintf(format, args...), "authentication error") {
		l.refused <- struct{}{}
	}
}

// Somebody who has broken into a container writes a program to its disk, or gains rights, to go on
// from there. No container lets them.
func TestContainersAreHardened(t *testing.T) {
	c := readCompose(t)
	for name, s := range c.Services {
		if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) ||
			!slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("%s: read only %v, without %v, %v", name, s.ReadOnly, s.CapDrop, s.SecurityOpt)
		}
	}
	conf := readRepoFile(t, "deploy/nginx.conf")
	for _, m := range regexp.MustCompile(`(?m)^\s*(pid|\w+_temp_path)\s+(\S+);`).FindAllStringSubmatch(conf, -1) {
		if !strings.HasPrefix(m[2], "/tmp/") {
			t.Errorf("nginx writes %s to %s, which can't be written", m[1], m[2])
		}
	}
	if s := c.Services["balancer"]; len(s.Tmpfs) != 1 || !strings.HasPrefix(s.Tmpfs[0], "/tmp:") || s.User == "" {
		t.Errorf("nginx runs as %q, with %v to write to", s.User, s.Tmpfs)
	}
}

// Somebody reads nginx's logs, where the query of each REST call holds the UserSig of an admin. No
// format that is used has the query, and errors that show the whole request are not written.
func TestNginxLogsNoUserSig(t *testing.T) {
	conf := readRepoFile(t, "deploy/nginx.conf")
	for _, secret := range []string{
		"$request ", "$request'", "$request_uri", "$args", "$query_string", "$http_referer", "$arg_",
	} {
		_, format, _ := strings.Cut(conf, "log_format")
		format, _, _ = strings.Cut(format, ";")
		if strings.Contains(format, secret) {
			t.Errorf("the access log has %s", secret)
		}
	}
	logs := regexp.MustCompile(`(?m)^\s*access_log (.*);`).FindAllStringSubmatch(conf, -1)
	for _, m := range logs {
		if m[1] != "off" && !strings.HasSuffix(m[1], " exthub") {
			t.Errorf("access_log %s is in nginx's own format, with the query", m[1])
		}
	}
	if len(logs) == 0 || !regexp.MustCompile(`(?m)^error_log \S+ crit;`).MatchString(conf) {
		t.Error("the access log is nginx's own, or the error log shows requests")
	}
}
