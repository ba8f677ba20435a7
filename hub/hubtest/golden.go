package hubtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Golden is a folder of files that hold what clients and the hub say to each other, byte for byte.
// It compares what happens with them, or records them anew.
type Golden struct {
	TB     testing.TB
	Dir    string
	Update bool // record
	// Puts fixed text in the place of what a test can't choose; nil if there is none
	Stable *strings.Replacer

	seen map[string]bool
}

// Keep compares the JSON of content with the file of this name, or writes it.
func (g *Golden) Keep(name string, content any) {
	g.TB.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(content); err != nil {
		g.TB.Fatal(err)
	}
	got := b.String()
	if g.Stable != nil {
		got = g.Stable.Replace(got)
	}
	path := filepath.Join(g.Dir, name+".json")
	if g.seen[path] {
		g.TB.Errorf("%s is recorded twice", name)
	}
	if g.seen == nil {
		g.seen = make(map[string]bool)
	}
	g.seen[path] = true
	if g.Update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			g.TB.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		g.TB.Error(err)
	} else if got != string(want) {
		g.TB.Errorf("%s: got\n%s, want\n%s", name, got, want)
	}
}

// Finish fails the test for every file that was not kept, or deletes it.
func (g *Golden) Finish() {
	g.TB.Helper()
	for _, path := range goldenFiles(g.TB, g.Dir) {
		switch {
		case g.seen[path]:
		case g.Update:
			if err := os.Remove(path); err != nil {
				g.TB.Error(err)
			}
		default:
			g.TB.Errorf("%s is not recorded any more", path)
		}
	}
}

func goldenFiles(tb testing.TB, dir string) []string {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		tb.Fatalf("no golden files in %s: %v", dir, err)
	}
	return files
}

// ReadGolden returns the files of a folder by name. Each must have its own name inside.
func ReadGolden[T any](tb testing.TB, dir string, nameOf func(T) string) map[string]T {
	tb.Helper()
	all := make(map[string]T)
	for _, path := range goldenFiles(tb, dir) {
		raw, err := os.ReadFile(path)
		if err != nil {
			tb.Fatal(err)
		}
		var one T
		if err := json.Unmarshal(raw, &one); err != nil {
			tb.Fatal(path, err)
		}
		name := nameOf(one)
		if name+".json" != filepath.Base(path) {
			tb.Errorf("%s is named %q inside", path, name)
		}
		all[name] = one
	}
	return all
}

// longSig is a UserSig in a frame: two hundred characters of noise, of which a document shows the
// first twelve. A short one is shown whole, since it is what the frame is about.
var longSig = regexp.MustCompile(`("userSig":"[\w*-]{12})[\w*-]{52,}"`)

// GoldenLines returns what a document shows of the parts that are not empty, one a line, as they go
// over the wire but for long UserSigs, which are cut.
func GoldenLines(parts ...json.RawMessage) string {
	var b bytes.Buffer
	for _, raw := range parts {
		if len(raw) > 0 {
			if err := json.Compact(&b, raw); err != nil {
				panic(err)
			}
			b.WriteByte('\n')
		}
	}
	return longSig.ReplaceAllString(b.String(), `$1..."`)
}

// CheckQuotes compares what the document at path quotes with want, and fails the test for what
// differs, is not recorded, or is not quoted. A quote is a comment of this kind with a name, and a
// block with the lines:
//
//	<!-- kind name -->
//	```json
//	lines
//	```
//
// With update it first puts want into the quotes that there are.
func CheckQuotes(tb testing.TB, path, kind string, want map[string]string, update bool) {
	tb.Helper()
	quoted := regexp.MustCompile("<!-- " + kind + " ([\\w.-]+) -->\n```json\n((?s:.*?))```\n")
	doc, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	if update {
		doc = quoted.ReplaceAllFunc(doc, func(block []byte) []byte {
			name := string(quoted.FindSubmatch(block)[1])
			return fmt.Appendf(nil, "<!-- %s %s -->\n```json\n%s```\n", kind, name, want[name])
		})
		if err := os.WriteFile(path, doc, 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	seen := make(map[string]bool)
	for _, match := range quoted.FindAllStringSubmatch(string(doc), -1) {
		name, lines := match[1], match[2]
		if _, ok := want[name]; !ok {
			tb.Errorf("%s quotes %s, which is not recorded", path, name)
		} else if lines != want[name] {
			tb.Errorf("%s quotes %s as\n%s, want\n%s", path, name, lines, want[name])
		}
		seen[name] = true
	}
	for name := range want {
		if !seen[name] {
			tb.Errorf("%s does not quote %s", path, name)
		}
	}
}

// RewriteExamples puts what was recorded in the place of every example in the document at path.
// shown matches one, with its name and its one line of JSON as groups.
func RewriteExamples(
	tb testing.TB, path string, shown *regexp.Regexp, recorded func(name, old string) json.RawMessage,
) {
	tb.Helper()
	doc, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	doc = shown.ReplaceAllFunc(doc, func(example []byte) []byte {
		match := shown.FindSubmatch(example)
		var b bytes.Buffer
		if err := json.Compact(&b, recorded(string(match[1]), string(match[2]))); err != nil {
			tb.Fatalf("%s: %v", match[1], err)
		}
		// Into room of its own: behind the example is the rest of the document.
		return slices.Concat(bytes.TrimSuffix(example, match[2]), b.Bytes())
	})
	if err := os.WriteFile(path, doc, 0o644); err != nil {
		tb.Fatal(err)
	}
}
