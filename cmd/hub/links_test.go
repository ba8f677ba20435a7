package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	heading  = regexp.MustCompile(`(?m)^#+ (.+)$`)
	unlinked = regexp.MustCompile(`[^\p{L}\p{N}_ -]`) // what a heading leaves out of its anchor
	linked   = regexp.MustCompile(`\]\(([^)#]*)(?:#([^)]*))?\)`)
	address  = regexp.MustCompile(`^[a-z]+:`)
)

// TestLinksLeadSomewhere checks that every link between the documents leads to a file that is
// there, and to a heading in it: documents move and are split, and nobody clicks through all of
// them.
func TestLinksLeadSomewhere(t *testing.T) {
	top, _ := filepath.Glob(repoRoot + "*.md") // the patterns are well formed
	below, _ := filepath.Glob(repoRoot + "*/*.md")
	pages := slices.Concat(top, below)
	if len(pages) < 8 {
		t.Fatalf("found %d documents", len(pages))
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range linked.FindAllStringSubmatch(string(text), -1) {
			if address.MatchString(match[1]) {
				continue
			}
			target := page
			if match[1] != "" {
				target = filepath.Join(filepath.Dir(page), match[1])
			}
			found, err := os.ReadFile(target)
			if err != nil {
				t.Errorf("%s links to %s, which is not there", page, match[1])
			} else if match[2] != "" && !anchors(found)[match[2]] {
				t.Errorf("%s links to #%s, which %s has not", page, match[2], target)
			}
		}
	}
}

// anchors returns where links into a page can lead: its headings, as GitHub writes them.
func anchors(page []byte) map[string]bool {
	found := make(map[string]bool)
	for _, match := range heading.FindAllStringSubmatch(string(page), -1) {
		name := unlinked.ReplaceAllString(strings.ToLower(match[1]), "")
		found[strings.ReplaceAll(name, " ", "-")] = true
	}
	return found
}
