package hub_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"

	"exthub/hub"
	"exthub/hub/hubtest"
	"exthub/hub/refusal"
	"exthub/hub/socket"
)

const protocol = "../PROTOCOL.md"

// readFrames returns the golden frames by name.
func readFrames(t *testing.T) map[string]golden {
	t.Helper()
	return hubtest.ReadGolden(t, frames, func(g golden) string { return g.Name })
}

// TestProtocolQuotesFrames: what PROTOCOL.md shows is what the hub says, and all of it is shown.
func TestProtocolQuotesFrames(t *testing.T) {
	quotes := make(map[string]string)
	for name, g := range readFrames(t) {
		quotes[name] = hubtest.GoldenLines(g.Request, g.Response, g.Notification)
	}
	hubtest.CheckQuotes(t, protocol, "frame", quotes, *update)
}

// TestProtocolListsEverything: every code with its meaning, and every method, stands in
// PROTOCOL.md; every code in the SDK too.
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

// expectCode looks for a code in PROTOCOL.md and in the SDK.
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
