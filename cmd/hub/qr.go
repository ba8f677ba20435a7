package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"rsc.io/qr"
)

// maxQR is the longest address in a QR code: one of more is hard to scan from the last row.
const maxQR = 300

// quietZone is how many modules wide the margin of a QR code is (ISO/IEC 18004, 9.1).
const quietZone = 4

// serveQR answers GET /qr.svg?url=<address> with a QR code of an address of this hub. The page that
// shows it names the address, because the hub does not know below which path a proxy serves it.
// Addresses of others are refused: their code would look like one of ours.
func serveQR(w http.ResponseWriter, r *http.Request) {
	protect(w.Header(), forOwnPages)
	text := r.URL.Query().Get("url")
	u, err := url.Parse(text)
	if err != nil || !isWeb(u) || u.Host != r.Host || u.User != nil || len(text) > maxQR {
		http.Error(w, "set ?url= to an address of this hub", http.StatusBadRequest)
		return
	}
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		http.Error(w, "set ?url= to a shorter address", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", kinds[".svg"])
	w.Header().Set("Cache-Control", "public, max-age=86400") // the same address has the same code
	_, _ = w.Write(qrSVG(code))                              // the browser may be gone
}

// qrSVG draws a code: black on white, whatever the page around it is.
func qrSVG(code *qr.Code) []byte {
	size := code.Size + 2*quietZone
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" `, size, size)
	fmt.Fprintf(&b, `shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path d="`, size, size)
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x+quietZone, y+quietZone)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.Bytes()
}

// qrText draws a code for a terminal, two rows of modules in a line, whatever its colours are: what
// is white in the code is drawn, so on a dark ground it is as printed, and scanners read both.
func qrText(code *qr.Code) string {
	white := func(x, y int) bool { return !code.Black(x, y) } // outside of the code too
	const margin = 2
	var b strings.Builder
	for y := -margin; y < code.Size+margin; y += 2 {
		for x := -margin; x < code.Size+margin; x++ {
			switch top, bottom := white(x, y), white(x, y+1); {
			case top && bottom:
				b.WriteRune('█')
			case top:
				b.WriteRune('▀')
			case bottom:
				b.WriteRune('▄')
			default:
				b.WriteByte(' ')
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}
