package hub_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"exthub/hub"
	"exthub/hub/hubtest"
	"exthub/hub/refusal"
	"exthub/hub/socket"
)

const protocol = "../PROTOCOL.md"

// quoted is a golden frame in PROTOCOL.md: a comment with its name, and a block with its frames, one a line.
var quoted = regexp.MustCompile("<!-- frame ([\\w.-]+) -->\n```json\n((?s:.*?))```\n")

// longSig is a UserSig in a frame: two hundred characters of noise, of which PROTOCOL.md shows the
// first twelve. A short one is shown whole, since it is what the frame is about.
var longSig = regexp.MustCompile(`("userSig":"[\w*-]{12})[\w*-]{52,}"`)

// lines returns what stands in the block: the frames as they go over the wire, long UserSigs cut.
func (g golden) lines() string {
	var b bytes.Buffer
	for _, raw := range []json.RawMessage{g.Request, g.Response, g.Notification} {
		if len(raw) > 0 {
			if err := json.Compact(&b, raw); err != nil {
				panic(err)
			}
			b.WriteByte('\n')
		}
	}
	return longSig.ReplaceAllString(b.String(), `$1..."`)
}

// readFrames returns the golden frames by name.
func readFrames(t *testing.T) map[string]golden {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(frames, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no golden frames: ", err)
	}
	all := make(map[string]golden)
	for _, path := range files {
		var g golden
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &g); err != nil {
			t.Fatal(path, err)
		}
		if g.Name+".json" != filepath.Base(path) {
			t.Errorf("%s is named %q inside", path, g.Name)
		}
		all[g.Name] = g
	}
	return all
}

// TestProtocolQuotesFrames: what PROTOCOL.md shows is what the hub says, and all of it.
func TestProtocolQuotesFrames(t *testing.T) {
	all := readFrames(t)
	raw, err := os.ReadFile(protocol)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		raw = quoted.ReplaceAllFunc(raw, func(block []byte) []byte {
			name := string(quoted.FindSubmatch(block)[1])
			return fmt.Appendf(nil, "<!-- frame %s -->\n```json\n%s```\n", name, all[name].lines())
		})
		if err := os.WriteFile(protocol, raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	shown := make(map[string]bool)
	for _, match := range quoted.FindAllStringSubmatch(string(raw), -1) {
		g, ok := all[match[1]]
		if !ok {
			t.Errorf("PROTOCOL.md quotes %s, which is not recorded", match[1])
		} else if match[2] != g.lines() {
			t.Errorf("PROTOCOL.md quotes %s as\n%s, want\n%s", match[1], match[2], g.lines())
		}
		shown[match[1]] = true
	}
	for name := range all {
		if !shown[name] {
			t.Errorf("PROTOCOL.md does not quote %s", name)
		}
	}
}

// TestProtocolListsEverything: every code with its meaning, and every method, stands in PROTOCOL.md; every code in the SDK too.
func TestProtocolListsEverything(t *testing.T) {
	doc, err := os.ReadFile(protocol)
	if err != nil {
		t.Fatal(err)
	}
	sdk, err := os.ReadFile("../web/sdk/codes.js")
	if err != nil {
		t.Fatal(err)
	}
	for number, meaning := range refusal.Codes {
		expectCode(t, string(doc), string(sdk), number, meaning)
	}
	for number, meaning := range socket.CloseCodes {
		expectCode(t, string(doc), string(sdk), number, meaning)
	}
	for _, method := range hub.Methods() {
		if !strings.Contains(string(doc), "\n### "+method+"\n") {
			t.Errorf("PROTOCOL.md has no section about %s", method)
		}
		if _, ok := readFrames(t)[method]; !ok {
			t.Errorf("no golden frame shows %s", method)
		}
	}
}

func expectCode(t *testing.T, doc, sdk string, number int, meaning string) {
	t.Helper()
	if row := fmt.Sprintf("| %d | %s |", number, meaning); !strings.Contains(doc, row) {
		t.Errorf("PROTOCOL.md has no row %s", row)
	}
	if !regexp.MustCompile(fmt.Sprintf(`\b%d\b`, max(number, -number))).MatchString(sdk) {
		t.Errorf("web/sdk/codes.js does not know %d", number)
	}
}

// TestGoldenCodes: the codes that the frames show are in the table.
func TestGoldenCodes(t *testing.T) {
	known := maps.Clone(refusal.Codes)
	for name, g := range readFrames(t) {
		var f hubtest.Frame
		if len(g.Response) == 0 {
			continue
		}
		if err := json.Unmarshal(g.Response, &f); err != nil {
			t.Fatal(err)
		}
		if f.Error != nil && known[f.Error.Code] == "" {
			t.Errorf("%s: %d is not in the table", name, f.Error.Code)
		}
	}
}
