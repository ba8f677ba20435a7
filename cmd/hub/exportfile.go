package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// csv returns the pairs as a table with a line of names. Each cell is quoted, and none is a formula
// to a spreadsheet.
func (e *export) csv() []byte {
	var text strings.Builder
	text.WriteString("\"voter\",\"answer\",\"seq\",\"time\"\r\n")
	for _, p := range e.Pairs {
		fmt.Fprintf(&text, "%s,%s,\"%d\",\"%s\"\r\n", cell(p.Voter), cell(p.Answer), p.Seq, p.Time.Format(time.RFC3339))
	}
	return []byte(text.String())
}

// formula finds where a spreadsheet may take what follows for a formula: at the beginning of a
// cell, and behind what it may take for the end of one, by its settings. Blanks in between don't
// matter. Full-width signs count in some languages. An apostrophe is found so that the one that is
// put there can be told from it.
var formula = regexp.MustCompile(`(^|[;,|\t\r\n"])([\s\p{Z}\p{C}]*)(['=+\-@＝＋－＠])`)

// cell returns a text as a quoted cell. An attacker may name and answer what they like, and whoever
// opens the export should not run it: an apostrophe keeps a spreadsheet from taking a text for a
// formula. Quotes alone don't: they are gone when the cell is.
func cell(text string) string {
	safe := formula.ReplaceAllString(text, "$1$2'$3")
	return `"` + strings.ReplaceAll(safe, `"`, `""`) + `"`
}

// json returns the export with the summary and the rules.
func (e *export) json() []byte {
	text, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		panic(err) // texts and numbers
	}
	return append(text, '\n')
}
