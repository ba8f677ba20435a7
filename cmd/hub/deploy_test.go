package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
)

const repoRoot = "../../"

// compose is the part of docker-compose.yml that must fit the hub and its neighbours.
type compose struct {
	Services map[string]service
	Volumes  map[string]any
	Networks map[string]struct{ Internal bool }
}

type service struct {
	Image, Build string
	Command      []string
	Environment  map[string]string
	Volumes      []string
	Networks     []string
	Ports        []string
	DependsOn    map[string]struct{ Condition string } `yaml:"depends_on"`
	Healthcheck  struct{ Test []string }
	StopGrace    string `yaml:"stop_grace_period"`

	ReadOnly    bool     `yaml:"read_only"`
	CapDrop     []string `yaml:"cap_drop"`
	SecurityOpt []string `yaml:"security_opt"`
	User        string
	Tmpfs       []string
}

func readRepoFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(repoRoot + path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func readCompose(t *testing.T) compose {
	t.Helper()
	var c compose
	if err := yaml.Unmarshal([]byte(readRepoFile(t, "docker-compose.yml")), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// servicesNamed returns the sorted names of the services that begin with prefix.
func (c compose) servicesNamed(prefix string) (names []string) {
	for name := range c.Services {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func TestComposeServices(t *testing.T) {
	c := readCompose(t)
	if got := c.servicesNamed("nats-"); len(got) != 3 {
		t.Errorf("NATS nodes %v, want three", got)
	}
	if got := c.servicesNamed("hub-"); len(got) != 2 {
		t.Errorf("hubs %v, want two", got)
	}
	if len(c.Services) != 6 {
		t.Errorf("%d services, want three NATS nodes, two hubs and a balancer", len(c.Services))
	}
	for name, s := range c.Services {
		if len(s.Healthcheck.Test) == 0 {
			t.Errorf("%s has no health check", name)
		}
		if (len(s.Ports) > 0) != (name == "balancer") {
			t.Errorf("%s publishes %v; only the balancer is reached from outside", name, s.Ports)
		}
		for dep, d := range s.DependsOn {
			if _, ok := c.Services[dep]; !ok || d.Condition != "service_healthy" {
				t.Errorf("%s depends on %s with condition %q; want a service that is healthy", name, dep, d.Condition)
			}
		}
		for _, n := range s.Networks {
			if _, ok := c.Networks[n]; !ok {
				t.Errorf("%s is in network %s, which is not there", name, n)
			}
		}
	}
	if !c.Networks["storage"].Internal {
		t.Error("the network of NATS can be reached from outside")
	}
}

// TestComposeHubs: each hub's environment is read by the hub's own code, so a variable that the hub
// doesn't know or refuses fails here.
func TestComposeHubs(t *testing.T) {
	c := readCompose(t)
	for _, name := range c.servicesNamed("hub-") {
		t.Run(name, func(t *testing.T) {
			s := c.Services[name]
			setHubEnvironment(t, s.Environment)
			checkHubService(t, c, s, mustParse(t))
		})
	}
}

// setHubEnvironment sets the variables of a hub's service, which must all be settings of the hub.
func setHubEnvironment(t *testing.T, environment map[string]string) {
	t.Helper()
	known := flagNames(t)
	for env, value := range environment {
		if !containsValue(known, env) {
			t.Errorf("%s is no setting of the hub", env)
		}
		if env == "HUB_SECRET_KEY" {
			if !strings.HasPrefix(value, "${HUB_SECRET_KEY:?") {
				t.Errorf("HUB_SECRET_KEY is %q; want the operator's own, refused if there is none", value)
			}
			value = key
		}
		t.Setenv(env, substitute(value))
	}
}

// checkHubService checks that a hub's service fits the hub's settings and the NATS nodes.
func checkHubService(t *testing.T, c compose, s service, got Config) {
	t.Helper()
	if got.Replicas != 3 {
		t.Errorf("%d replicas on three nodes", got.Replicas)
	}
	if got.demo() {
		t.Error("the demo is on")
	}
	for _, node := range c.servicesNamed("nats-") {
		address := "nats://hub:" + operators["NATS_PASSWORD"] + "@" + node + ":4222"
		if !slices.Contains(strings.Split(got.NATSURL, ","), address) {
			t.Errorf("--nats-url %s lacks %s", got.NATSURL, node)
		}
		if _, ok := s.DependsOn[node]; !ok {
			t.Errorf("does not wait for %s", node)
		}
	}
	if grace, err := time.ParseDuration(s.StopGrace); err != nil || grace <= got.LameDuck+got.Drain {
		t.Errorf("is killed after %s, but may take %v to stop", s.StopGrace, got.LameDuck+got.Drain)
	}
	if want := "http://" + got.AdminAddr + "/readyz"; !slices.Contains(s.Healthcheck.Test, want) {
		t.Errorf("health check %v does not ask %s", s.Healthcheck.Test, want)
	}
}

// TestComposeNATS: the nodes' configuration is read by NATS's own code.
func TestComposeNATS(t *testing.T) {
	c := readCompose(t)
	conf := readNATSConfig(t, c)
	if !conf.JetStream || !conf.SyncAlways {
		t.Errorf("JetStream %v, sync always %v; want both", conf.JetStream, conf.SyncAlways)
	}
	if conf.Port != 4222 || conf.Cluster.Name == "" || conf.Cluster.Port != 6222 {
		t.Errorf("serves clients at %d and cluster %q at %d", conf.Port, conf.Cluster.Name, conf.Cluster.Port)
	}
	var routes []string
	for _, r := range conf.Routes {
		routes = append(routes, r.Hostname())
		if r.Port() != "6222" {
			t.Errorf("route %s misses the port of the cluster", r)
		}
	}
	slices.Sort(routes)
	if nodes := c.servicesNamed("nats-"); !slices.Equal(nodes, routes) {
		t.Errorf("nodes %v but routes to %v", nodes, routes)
	}
	version := regexp.MustCompile(`nats-server/v2 v(\S+)`).FindStringSubmatch(readRepoFile(t, "go.mod"))[1]
	for _, node := range c.servicesNamed("nats-") {
		s := c.Services[node]
		if want := "nats:" + version + "-alpine"; s.Image != want {
			t.Errorf("%s runs %s; what is embedded and tested is %s", node, s.Image, want)
		}
		if !slices.Contains(s.Command, node) {
			t.Errorf("%s is started as %v; every node needs a name of its own", node, s.Command)
		}
		if _, ok := c.Volumes[node]; !ok || !slices.Contains(s.Volumes, node+":"+conf.StoreDir) {
			t.Errorf("%s keeps %s in no volume of its own: %v", node, conf.StoreDir, s.Volumes)
		}
		mount := "./deploy/nats.conf:"
		if !slices.ContainsFunc(s.Volumes, func(v string) bool {
			path, ok := strings.CutPrefix(v, mount)
			return ok && slices.Contains(s.Command, strings.TrimSuffix(path, ":ro"))
		}) {
			t.Errorf("%s reads none of %v: %v", node, s.Volumes, s.Command)
		}
	}
}

func TestBalancer(t *testing.T) {
	c := readCompose(t)
	conf := readRepoFile(t, "deploy/nginx.conf")
	var servers []string
	for _, m := range regexp.MustCompile(`(?m)^\s*server (\S+):8080 `).FindAllStringSubmatch(conf, -1) {
		servers = append(servers, m[1])
	}
	slices.Sort(servers)
	if hubs := c.servicesNamed("hub-"); !slices.Equal(hubs, servers) {
		t.Errorf("hubs %v but the balancer knows %v", hubs, servers)
	}
	for _, line := range []string{
		"proxy_set_header Upgrade $http_upgrade;", "proxy_set_header Host $http_host;", "proxy_http_version 1.1;",
	} {
		if !strings.Contains(conf, line) {
			t.Errorf("nginx.conf lacks %q, without which no WebSocket gets through", line)
		}
	}
	if opens, closes := strings.Count(conf, "{"), strings.Count(conf, "}"); opens != closes {
		t.Errorf("nginx.conf opens %d blocks and closes %d", opens, closes)
	}
}

// The upgrade in README.md forgets a hub, or does not wait for one before it goes on to the next.
func TestUpgrade(t *testing.T) {
	var steps []string
	for _, hub := range readCompose(t).servicesNamed("hub-") {
		steps = append(steps, "docker compose up --build --no-deps --wait "+hub)
	}
	command := strings.Join(steps, " && ")
	if !strings.Contains(readRepoFile(t, "README.md"), "\n      "+command+"\n") {
		t.Errorf("README.md lacks %s", command)
	}
}

func TestDockerfile(t *testing.T) {
	text := readRepoFile(t, "Dockerfile")
	golang := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(readRepoFile(t, "go.mod"))[1]
	for _, want := range []string{
		"FROM golang:" + golang + "-alpine", "./cmd/hub", "\nUSER hub\n", "\nHEALTHCHECK ", `ENTRYPOINT ["hub"]`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q", want)
		}
	}
	known := flagNames(t)
	t.Setenv("HUB_SECRET_KEY", key)
	for _, m := range regexp.MustCompile(`(HUB_[A-Z_]+)=(\S+)`).FindAllStringSubmatch(text, -1) {
		if !containsValue(known, m[1]) {
			t.Errorf("%s is no setting of the hub", m[1])
		}
		t.Setenv(m[1], m[2])
	}
	got := mustParse(t)
	if !strings.Contains(text, "VOLUME "+got.Data) || !strings.Contains(text, "http://"+got.AdminAddr+"/readyz") {
		t.Errorf("the volume or the health check does not fit %+v", got)
	}
}

func containsValue(m map[string]string, want string) bool {
	for _, v := range m {
		if v == want {
			return true
		}
	}
	return false
}
