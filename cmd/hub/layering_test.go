package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// law is which packages of ours each may import, and why. A package that is not named here may be
// imported by none.
var law = []struct {
	path    string
	imports []string // of this module
	nats    string   // "none", "client", or "server" for both
	reason  string
}{
	{"exthub/cmd/hub", []string{"exthub/hub", "exthub/hub/usersig", "exthub/hub/webhook", "exthub/kv", "exthub/web", "exthub/bench"}, "server",
		"it wires everything, so it alone knows everything"},
	{"exthub/hub", []string{"exthub/hub/rest", "exthub/hub/command", "exthub/hub/socket", "exthub/hub/wire", "exthub/hub/refusal", "exthub/hub/usersig", "exthub/events", "exthub/kv"}, "none",
		"it is the WebSocket door and the life of both; the day it names NATS, a session depends on how things are stored"},
	{"exthub/hub/rest", []string{"exthub/hub/command", "exthub/hub/wire", "exthub/hub/refusal", "exthub/hub/usersig", "exthub/kv"}, "none",
		"it is a door beside the hub's own and has to work without it; of kv it knows what a message is called"},
	{"exthub/hub/command", []string{"exthub/hub/refusal", "exthub/hub/usersig", "exthub/hub/wire", "exthub/kv"}, "none",
		"it says what may be done, whatever door it is asked at; the day it knows one, a rule holds at that door only"},
	{"exthub/hub/socket", []string{"exthub/events", "exthub/kv"}, "none",
		"it writes what others made; it can be read and tested without sessions, commands and codes of requests"},
	{"exthub/hub/wire", []string{"exthub/hub/refusal"}, "none",
		"it reads JSON strictly and refuses what it can't; it knows no request"},
	{"exthub/hub/refusal", []string{"exthub/hub/usersig"}, "none",
		"it is the vocabulary of both doors; of usersig it lists the codes"},
	{"exthub/hub/webhook", []string{"exthub/kv"}, "none",
		"it tells a backend what kv committed, whatever door it came through"},
	{"exthub/hub/hubtest", []string{"exthub/hub", "exthub/hub/usersig", "exthub/kv", "exthub/kv/kvtest"}, "client",
		"it runs a whole hub for tests; it stands above what they test, and nothing but tests may import it"},
	{"exthub/hub/usersig", nil, "none",
		"a format of its own that anybody can read alone"},
	{"exthub/events", []string{"exthub/kv"}, "none",
		"it fans out what kv committed and must not know who listens, nor how kv heard of it"},
	{"exthub/kv", []string{"exthub/kv/bucket"}, "client",
		"it is the truth and knows nobody above; the server would come with it into every program that reads the bucket"},
	{"exthub/kv/bucket", nil, "client",
		"it speaks JetStream and knows keys and revisions; the day it knows messages, how they are stored depends on what they are"},
	{"exthub/kv/kvtest", nil, "server",
		"it starts real servers, for tests only"},
	{"exthub/bench/bars", []string{"exthub/bench"}, "server",
		"it measures the hub against the plain server and client"},
	{"exthub/bench", []string{"exthub/hub/usersig"}, "none",
		"it loads a hub from outside, as any client could; what it measured through inner doors would be another product"},
	{"exthub/web", nil, "none",
		"it carries files"},
}

// imports returns what each package of this module imports, tests excluded.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	list := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...")
	list.Dir = repoRoot
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	packages := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		packages[fields[0]] = fields[1:]
	}
	return packages
}

func TestImportsPointOneWay(t *testing.T) {
	packages := imports(t)
	for _, l := range law {
		found := packages[l.path]
		delete(packages, l.path)
		for _, p := range found {
			ours := strings.HasPrefix(p, "exthub/") && !slices.Contains(l.imports, p)
			client := strings.HasPrefix(p, "github.com/nats-io/") && l.nats == "none"
			server := strings.HasPrefix(p, "github.com/nats-io/nats-server/") && l.nats != "server"
			if ours || client || server {
				t.Errorf("%s imports %s, but may not: %s", l.path, p, l.reason)
			}
		}
	}
	for path, found := range packages {
		for _, p := range found {
			if strings.HasPrefix(p, "exthub/") || strings.HasPrefix(p, "github.com/nats-io/") {
				t.Errorf("%s imports %s, but the law above does not know it: add it with a reason", path, p)
			}
		}
	}
}
