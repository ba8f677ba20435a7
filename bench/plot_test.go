package bench

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"
)

func TestWriteSVG(t *testing.T) {
	var b strings.Builder
	p := Plot{Title: "a < b", X: "viewers", Y: "us", Lines: []Line{
		{Name: "hub", X: []float64{100, 10000}, Y: []float64{2, 8.5}},
		{Name: "floor", X: []float64{100}, Y: []float64{1}, Dashed: true},
	}}
	if err := p.WriteSVG(&b); err != nil {
		t.Fatal(err)
	}
	counts, texts := map[string]int{}, ""
	for d := xml.NewDecoder(strings.NewReader(b.String())); ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, b.String())
		}
		switch token := token.(type) {
		case xml.StartElement:
			counts[token.Name.Local]++
		case xml.CharData:
			texts += string(token) + "|"
		}
	}
	if counts["polyline"] != 2 || counts["circle"] != 3 {
		t.Errorf("elements %v, want 2 lines of 3 points", counts)
	}
	for _, want := range []string{"a < b|", "viewers|", "us|", "hub|", "floor|", "|10,000|", "|0|"} {
		if !strings.Contains("|"+texts, want) {
			t.Errorf("no text %q in %q", want, texts)
		}
	}
	if err := (Plot{Lines: []Line{{Name: "empty"}}}).WriteSVG(io.Discard); err == nil {
		t.Error("a line without points was drawn")
	}
}

func TestStep(t *testing.T) {
	for top, want := range map[float64]float64{0: 1, 1: 0.2, 8: 1, 8.5: 2, 10000: 2000, 184: 25} {
		if got := tickDistance(top); got != want {
			t.Errorf("up to %v in steps of %v, want %v", top, got, want)
		}
	}
}
