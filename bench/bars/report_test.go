package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// TestPageShowsTheSamples checks that the table of docs/benchmarks.md is what the samples beside it
// say: nobody has changed a figure by hand, and the page is in step with the program that writes
// it.
func TestPageShowsTheSamples(t *testing.T) {
	page, err := os.ReadFile("../../docs/benchmarks.md")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile("../../docs/benchmarks.json")
	if err != nil {
		t.Fatal(err)
	}
	var s samples
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatal(err)
	}
	want := s.table(func(string) bool { return true })
	_, got, _ := strings.Cut(string(page), "<!-- measured: begin -->\n")
	if !strings.HasPrefix(got, want+"\nMeasured ") {
		t.Errorf("the page has\n%s\nthe samples say\n%s", got, want)
	}
}
