package rest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"exthub/hub/hubtest"
	"exthub/hub/refusal"
	"exthub/hub/rest"
)

var shownCall = regexp.MustCompile(`([\w.-]+):\n +value: (.*)`)

// TestOpenAPI: docs/openapi.yaml is well formed, knows every command and every code, and what it
// shows is what is said.
func TestOpenAPI(t *testing.T) {
	const path = "../../docs/openapi.yaml"
	recorded := readCalls(t)
	if *update {
		hubtest.RewriteExamples(t, path, shownCall, func(name, old string) json.RawMessage {
			if strings.Contains(old, `"ActionStatus":`) {
				return recorded[name].Reply
			}
			return recorded[name].Request
		})
	}
	doc, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context(), openapi3.EnableExamplesValidation()); err != nil {
		t.Fatal(err)
	}
	var commands []string
	for path := range doc.Paths.Map() {
		commands = append(commands, strings.TrimPrefix(path, "/v4/"))
	}
	slices.Sort(commands)
	if diff := cmp.Diff(rest.Commands(), commands); diff != "" {
		t.Errorf("commands (-hub +openapi):\n%s", diff)
	}

	codes := maps.Clone(rest.Codes)
	maps.Copy(codes, refusal.Codes)
	for _, number := range doc.Components.Schemas["Envelope"].Value.Properties["ErrorCode"].Value.Enum {
		n := int(number.(float64))
		if n != 0 && codes[n] == "" {
			t.Errorf("code %d is in no table", n)
		}
		delete(codes, n)
	}
	for number := range codes {
		if number >= 60000 && number < 70000 {
			t.Errorf("openapi.yaml does not know %d", number)
		}
	}

	for name, c := range recorded {
		operation := doc.Paths.Value("/v4/" + c.Command).Post
		check(t, name+", request", operation.RequestBody.Value.Content["application/json"], c.Request, name)
		check(t, name+", reply", operation.Responses.Value("200").Value.Content["application/json"], c.Reply, name)
	}
	for path, item := range doc.Paths.Map() {
		for name := range item.Post.RequestBody.Value.Content["application/json"].Examples {
			if recorded[name].Name == "" {
				t.Errorf("%s: %s is an example of nothing that was recorded", path, name)
			}
		}
	}
}

// check validates what was recorded against the schema, and compares it with the example of this
// name.
func check(t *testing.T, what string, content *openapi3.MediaType, recorded json.RawMessage, name string) {
	t.Helper()
	var value any
	if err := json.Unmarshal(recorded, &value); err != nil {
		t.Fatal(err)
	}
	if err := content.Schema.Value.VisitJSON(value); err != nil {
		t.Errorf("%s: %v", what, err)
	}
	example := content.Examples[name]
	if example == nil {
		t.Errorf("%s: openapi.yaml has no example", what)
		return
	}
	if diff := cmp.Diff(value, example.Value.Value); diff != "" {
		t.Errorf("%s (-recorded +example):\n%s", what, diff)
	}
}

// TestOpenAPISamples: the reference's own sample requests and reply fit the description.
func TestOpenAPISamples(t *testing.T) {
	raw, err := os.ReadFile("../../docs/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		t.Fatal(err)
	}
	operation := doc.Paths.Value("/v4/" + setC2C).Post
	for i, sample := range []string{sampleSet, sampleDelete, sampleClear, sampleReply} {
		schema := operation.RequestBody.Value.Content["application/json"].Schema
		if sample == sampleReply {
			schema = operation.Responses.Value("200").Value.Content["application/json"].Schema
		}
		var value any
		if err := json.Unmarshal([]byte(sample), &value); err != nil {
			t.Fatal(err)
		}
		if err := schema.Value.VisitJSON(value); err != nil {
			t.Error(fmt.Sprint("sample ", i, ": "), err)
		}
	}
}
