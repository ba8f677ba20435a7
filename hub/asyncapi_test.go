package hub_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"exthub/hub"
	"exthub/hub/hubtest"
	"exthub/hub/refusal"
	"exthub/hub/socket"
)

// asyncAPI is docs/asyncapi.yaml: what of it the tests look at, and all of it for its schemas.
type asyncAPI struct {
	Channels struct {
		WS struct {
			CloseCodes map[string]string `json:"x-close-codes"`
		} `json:"ws"`
	} `json:"channels"`
	Operations map[string]struct{ Action string } `json:"operations"`
	Components struct {
		Messages map[string]struct {
			Examples []struct {
				Name    string
				Payload json.RawMessage
			}
		}
		Schemas map[string]json.RawMessage
	} `json:"components"`

	compiler *jsonschema.Compiler
}

func readAsyncAPI(t *testing.T) *asyncAPI {
	t.Helper()
	raw, err := os.ReadFile("../docs/asyncapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if raw, err = yaml.YAMLToJSON(raw); err != nil {
		t.Fatal(err)
	}
	d := &asyncAPI{compiler: jsonschema.NewCompiler()}
	if err := json.Unmarshal(raw, d); err != nil {
		t.Fatal(err)
	}
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	d.compiler.DefaultDraft(jsonschema.Draft7) // AsyncAPI's schemas are a superset of it
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource("mem:asyncapi.json", whole); err != nil {
		t.Fatal(err)
	}
	resolves(t, whole, whole)
	return d
}

// resolves checks that every reference leads somewhere.
func resolves(t *testing.T, whole, part any) {
	t.Helper()
	switch part := part.(type) {
	case map[string]any:
		if ref, ok := part["$ref"].(string); ok {
			at := whole
			for _, step := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
				object, _ := at.(map[string]any)
				at = object[step]
			}
			if at == nil {
				t.Errorf("%s leads nowhere", ref)
			}
		}
		for _, p := range part {
			resolves(t, whole, p)
		}
	case []any:
		for _, p := range part {
			resolves(t, whole, p)
		}
	}
}

// fits checks a frame against the payload of a message.
func (d *asyncAPI) fits(t *testing.T, what, message string, frame json.RawMessage) {
	t.Helper()
	schema, err := d.compiler.Compile("mem:asyncapi.json#/components/messages/" + message + "/payload")
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(frame))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%s is no %s: %v", what, message, err)
	}
}

// TestAsyncAPI: docs/asyncapi.yaml knows every method, notification, code and close code, and its
// schemas fit what is said.
func TestAsyncAPI(t *testing.T) {
	d := readAsyncAPI(t)
	all := readFrames(t)
	want := hub.Methods()
	for name, g := range all {
		message, _, _ := strings.Cut(name, ".")
		switch {
		case len(g.Notification) > 0:
			if !slices.Contains(want, message) {
				want = append(want, message)
			}
			d.fits(t, name, message, g.Notification)
		case strings.Contains(string(g.Response), `"error"`):
			d.fits(t, name, "failure", g.Response)
		default:
			d.fits(t, name+", request", message, g.Request)
			d.fits(t, name+", response", message+"Result", g.Response)
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(d.Operations))); diff != "" {
		t.Errorf("methods and notifications (-hub +asyncapi):\n%s", diff)
	}
	for name, o := range d.Operations {
		if isNotice := strings.ToUpper(name) == name; isNotice != (o.Action == "send") {
			t.Errorf("%s has the action %s", name, o.Action)
		}
	}

	closeCodes := make(map[string]string)
	for number, meaning := range socket.CloseCodes {
		closeCodes[fmt.Sprint(number)] = meaning
	}
	if diff := cmp.Diff(closeCodes, d.Channels.WS.CloseCodes); diff != "" {
		t.Errorf("close codes (-hub +asyncapi):\n%s", diff)
	}
	var failure struct {
		Properties struct {
			Error struct {
				Properties struct{ Code struct{ Enum []int } }
			}
		}
	}
	if err := json.Unmarshal(d.Components.Schemas["Failure"], &failure); err != nil {
		t.Fatal(err)
	}
	codes := failure.Properties.Error.Properties.Code.Enum
	slices.Sort(codes)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(refusal.Codes)), codes); diff != "" {
		t.Errorf("codes (-hub +asyncapi):\n%s", diff)
	}
}

var shownFrame = regexp.MustCompile(`- name: (\S+)\n +payload: (.*)`)

// TestAsyncAPIExamples: every message has an example, which was recorded and fits its schema.
func TestAsyncAPIExamples(t *testing.T) {
	all := readFrames(t)
	if *update {
		hubtest.RewriteExamples(t, "../docs/asyncapi.yaml", shownFrame, func(name, old string) json.RawMessage {
			switch g := all[name]; {
			case len(g.Notification) > 0:
				return g.Notification
			case strings.Contains(old, `"method":`):
				return g.Request
			default:
				return g.Response
			}
		})
	}
	d := readAsyncAPI(t)
	for name, m := range d.Components.Messages {
		if len(m.Examples) == 0 {
			t.Errorf("%s has no example", name)
		}
		for _, e := range m.Examples {
			d.fits(t, "example "+e.Name, name, e.Payload)
			g := all[e.Name]
			recorded := g.Notification
			if len(recorded) == 0 {
				if recorded = g.Response; name == e.Name {
					recorded = g.Request
				}
			}
			var is, was any
			if err := json.Unmarshal(e.Payload, &is); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(recorded, &was); err != nil {
				t.Fatalf("%s, example %s was not recorded: %v", name, e.Name, err)
			}
			if diff := cmp.Diff(was, is); diff != "" {
				t.Errorf("%s, example %s (-recorded +example):\n%s", name, e.Name, diff)
			}
		}
	}
}
