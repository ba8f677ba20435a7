package main

import (
	"os/exec"
	"strings"
	"testing"
)

// packages are ours, from the top down, and how much of NATS each may import: "none", "client", or
// "server" for both. A package that is not named here may import nothing, and be imported by none.
var packages = []struct{ path, nats, reason string }{
	{"cmd/hub", "server", "it wires everything, so it alone knows everything"},
	{"bench/bars", "server", "it measures the hub beside the plain server and client"},
	{"bench/floods", "none", "it attacks a hub from outside, as anybody could"},
	{"bench", "none", "it loads a hub from outside, as any client could"},
	{"hub/hubtest", "client", "it connects a whole hub for tests; only tests may import it"},
	{"hub", "none", "the day a session names NATS, it depends on how things are stored"},
	{"hub/rest", "none", "the day a call names NATS, it depends on how things are stored"},
	{"hub/webhook", "none", "it tells what was committed, not how"},
	{"hub/command", "none", "the day a rule names NATS, it depends on how things are stored"},
	{"hub/guest", "none", "it signs for strangers, and keeps nothing about them"},
	{"hub/audit", "none", "it writes lines"},
	{"hub/socket", "none", "it writes bytes"},
	{"hub/wire", "none", "it reads bytes"},
	{"hub/refusal", "none", "it is words and numbers"},
	{"hub/usersig", "none", "a format of its own that anybody can read alone"},
	{"events", "none", "it must not know how kv heard of a change"},
	{"kv", "client", "a Store is opened on a connection; the server would come into every reader"},
	{"kv/bucket", "client", "it speaks JetStream for kv"},
	{"kv/lazycontext", "none", "it is a deadline"},
	{"kv/ballot", "none", "what rules mean is pure"},
	{"kv/kvtest", "server", "it starts real servers, for tests only"},
	{"web", "none", "it carries files"},
}

// arrows are the imports among our packages. Each points down the list of packages, and has a
// reason.
var arrows = []struct{ from, to, reason string }{
	{"cmd/hub", "hub", "it starts the doors"},
	{"cmd/hub", "hub/webhook", "it starts the webhooks"},
	{"cmd/hub", "hub/socket", "its listener bounds what the system keeps for a client"},
	{"cmd/hub", "hub/usersig", "hub usersig and the demo sign"},
	{"cmd/hub", "hub/guest", "connections are counted by the same addresses as guests, whose names are no admin's"},
	{"cmd/hub", "kv", "it opens the store"},
	{"cmd/hub", "kv/ballot", "hub export counts the pairs anew"},
	{"cmd/hub", "web", "it serves the files"},
	{"cmd/hub", "bench", "hub bench runs it"},
	{"bench/bars", "bench", "it runs the scenarios and reads their results"},
	{"bench/bars", "hub/usersig", "the floor of a login verifies as much as a hub"},
	{"bench/floods", "hub/usersig", "its clients log in"},
	{"bench", "hub/usersig", "its clients log in"},
	{"hub/hubtest", "hub", "it starts one"},
	{"hub/hubtest", "hub/socket", "it listens as cmd/hub does"},
	{"hub/hubtest", "hub/usersig", "its clients log in"},
	{"hub/hubtest", "kv", "it opens the store of the hub that it starts"},
	{"hub/hubtest", "kv/kvtest", "the store of a test is on a real server"},
	{"hub", "hub/rest", "it serves the REST door beside its own, with the same commands"},
	{"hub", "hub/command", "a method is a command, decoded and encoded"},
	{"hub", "hub/guest", "it serves the guest door, and knows a guest at the login"},
	{"hub", "hub/audit", "who is let in and who is not is on record"},
	{"hub", "hub/socket", "a session speaks through a connection"},
	{"hub", "hub/wire", "params and results are JSON"},
	{"hub", "hub/refusal", "it says no"},
	{"hub", "hub/usersig", "it verifies who logs in"},
	{"hub", "events", "sessions attach to the broker, which it makes"},
	{"hub", "kv", "it reads a user's groups at the login, and names what is stored"},
	{"hub", "kv/lazycontext", "a request has so much time"},
	{"hub/rest", "hub/command", "a call is a command, decoded and encoded"},
	{"hub/rest", "hub/guest", "a guest's UserSig is signed with another key"},
	{"hub/rest", "hub/audit", "what admins call is on record"},
	{"hub/rest", "hub/wire", "bodies are JSON"},
	{"hub/rest", "hub/refusal", "it says no"},
	{"hub/rest", "hub/usersig", "it verifies who calls"},
	{"hub/rest", "kv", "it names messages by their parts, and lists members"},
	{"hub/webhook", "kv", "it follows the store"},
	{"hub/guest", "hub/audit", "who is let in and who is not is on record"},
	{"hub/guest", "hub/usersig", "it signs for guests"},
	{"hub/command", "hub/guest", "nobody takes a guest where it may not be"},
	{"hub/command", "hub/audit", "what is ended or deleted is on record, whatever the door"},
	{"hub/command", "hub/refusal", "a rule that is broken is a refusal"},
	{"hub/command", "hub/usersig", "it translates the errors of a door for the caller"},
	{"hub/command", "hub/wire", "a payload is stored as JSON, and no door may choose another form"},
	{"hub/command", "kv", "it decides on what is stored, and commits"},
	{"hub/socket", "events", "events are what it writes"},
	{"hub/socket", "kv", "it folds the events of a message, which it knows by its ID"},
	{"hub/wire", "hub/refusal", "it refuses what it can't read"},
	{"hub/refusal", "hub/usersig", "the codes of a refused UserSig stand in its table"},
	{"events", "kv", "it tells what kv committed"},
	{"events", "kv/ballot", "a message on the wire has its rules"},
	{"hub", "kv/ballot", "it decodes the rules of a message that is sent"},
	{"hub/webhook", "kv/ballot", "it tells how often each choice was chosen"},
	{"hub/rest", "kv/ballot", "it decodes the rules of a message that is sent"},
	{"hub/command", "kv/ballot", "what rules forbid is refused"},
	{"kv", "kv/lazycontext", "a write has so much time"},
	{"kv", "kv/bucket", "it keeps messages and groups as entries of a bucket"},
	{"kv", "kv/ballot", "it stores rules, and counts answers as they are committed"},
}

// imports returns what each package of this module imports, tests excluded, by its path below the
// module's.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	list := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...")
	list.Dir = repoRoot
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	imported := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		imported[strings.TrimPrefix(fields[0], "exthub/")] = fields[1:]
	}
	return imported
}

// TestImportsPointOneWay: each import among our packages is an arrow with a reason, each arrow is
// an import, and all point down.
func TestImportsPointOneWay(t *testing.T) {
	type arrow struct{ from, to string }
	allowed := map[arrow]bool{}
	floor := map[string]int{}
	for i, p := range packages {
		floor[p.path] = i
	}
	for _, a := range arrows {
		allowed[arrow{a.from, a.to}] = true
		if floor[a.from] >= floor[a.to] {
			t.Errorf("%s -> %s points up", a.from, a.to)
		}
	}
	for from, list := range imports(t) {
		for _, p := range list {
			to, ours := strings.CutPrefix(p, "exthub/")
			if ours && !allowed[arrow{from, to}] {
				t.Errorf("%s imports %s, which is no arrow: add it with a reason, or do without", from, to)
			}
			delete(allowed, arrow{from, to})
		}
	}
	for a := range allowed {
		t.Errorf("%s does not import %s: there is no such arrow any more", a.from, a.to)
	}
}

// TestNATSStaysBelow: no package knows more of NATS than it may.
func TestNATSStaysBelow(t *testing.T) {
	known := imports(t)
	for _, p := range packages {
		for _, imported := range known[p.path] {
			client := strings.HasPrefix(imported, "github.com/nats-io/")
			server := strings.HasPrefix(imported, "github.com/nats-io/nats-server/")
			if client && p.nats == "none" || server && p.nats != "server" {
				t.Errorf("%s imports %s, but may not: %s", p.path, imported, p.reason)
			}
		}
		delete(known, p.path)
	}
	for path, list := range known {
		for _, imported := range list {
			if strings.HasPrefix(imported, "exthub/") || strings.HasPrefix(imported, "github.com/nats-io/") {
				t.Errorf("%s imports %s, but is not in the list of packages", path, imported)
			}
		}
	}
}
