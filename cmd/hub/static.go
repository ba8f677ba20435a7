package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
)

// contentPolicy lets a page load from its own host only, with no inline script, and be framed by no
// page. A browser counts the WebSocket of the same host as 'self'.
const contentPolicy = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; " +
	"frame-ancestors 'none'; object-src 'none'"

// noFeatures keeps what a page could ask its visitor for from it, and from what it would frame.
const noFeatures = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), hid=(), " +
	"midi=(), display-capture=(), screen-wake-lock=(), browsing-topics=()"

// kinds are the types of files by the ends of their names. What the machine says of them differs.
var kinds = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".svg":  "image/svg+xml",
	".map":  "application/json",
	".ts":   "text/plain; charset=utf-8",
}

// Who may load files.
const (
	forOwnPages  = "same-origin"
	forAnyOrigin = "cross-origin" // for the SDK, which is public and holds no secret
)

// static serves embedded files below one path to pages of the origins in audience.
//
// Each file has two names. Under its own a browser asks each time whether its copy is current.
// Under the one that has a hash of its content in it, a browser keeps it for a year and never asks;
// by that name files refer to each other.
type static struct {
	audience string
	files    map[string]*asset // by path
	names    map[string]string // with hashes, by those without
}

// asset is one file in the forms in which it is served.
type asset struct {
	kind  string // Content-Type
	tag   string // a hash of the content
	plain []byte

	// Made when they are first asked for: a hub whose pages nobody opens makes none.
	gzip, brotli func() []byte
}

// newStatic returns a handler for files, by their names below the path prefix. Those that refer to
// others, of this prefix or of the handlers in linked, get the names with hashes: pages refer to
// scripts, and scripts to none but those of linked. They do so from the root ("/sdk/index.js") or,
// for a hub that a proxy serves below a path of its own, from beside it ("./sdk/index.js").
func newStatic(prefix, audience string, files map[string][]byte, linked ...*static) *static {
	s := &static{audience: audience, files: make(map[string]*asset), names: make(map[string]string)}
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { // pages last
		return strings.Compare(pageRank(a)+a, pageRank(b)+b)
	})
	for _, name := range names {
		f := newAsset(name, replaceNames(files[name], append(linked, s)))
		ext := path.Ext(name)
		own, hashed := prefix+name, prefix+strings.TrimSuffix(name, ext)+"-"+f.tag[:12]+ext
		s.files[own], s.files[hashed] = f, f
		s.names[own] = hashed
		if name == "index.html" {
			s.files[prefix] = f
		}
	}
	return s
}

// pageRank puts what refers to others behind them.
func pageRank(name string) string {
	if path.Ext(name) == ".html" {
		return "1"
	}
	return "0"
}

// replaceNames puts the names with hashes in the place of paths in quotes.
func replaceNames(content []byte, linked []*static) []byte {
	for _, s := range linked {
		for own, hashed := range s.names {
			for _, from := range []string{`"`, `".`} {
				content = bytes.ReplaceAll(content, []byte(from+own+`"`), []byte(from+hashed+`"`))
			}
		}
	}
	return content
}

func newAsset(name string, content []byte) *asset {
	sum := sha256.Sum256(content)
	f := &asset{kind: kinds[path.Ext(name)], tag: hex.EncodeToString(sum[:16]), plain: content}
	f.gzip = sync.OnceValue(func() []byte {
		var b bytes.Buffer
		return pressed(&b, gzip.NewWriter(&b), content)
	})
	f.brotli = sync.OnceValue(func() []byte {
		var b bytes.Buffer
		return pressed(&b, brotli.NewWriterLevel(&b, brotli.BestCompression), content)
	})
	return f
}

// pressed returns what w makes of content in b. Neither fails: b takes all.
func pressed(b *bytes.Buffer, w io.WriteCloser, content []byte) []byte {
	_, _ = w.Write(content)
	_ = w.Close()
	return b.Bytes()
}

// ServeHTTP serves a file in the form that the browser takes, the smallest first.
func (s *static) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	protect(h, s.audience)
	if s.audience == forAnyOrigin {
		h.Set("Access-Control-Allow-Origin", "*")
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "only to be read", http.StatusMethodNotAllowed)
		return
	}
	f := s.files[r.URL.Path]
	if f == nil {
		http.NotFound(w, r)
		return
	}
	body, coding := f.plain, ""
	switch accepted := r.Header.Get("Accept-Encoding"); {
	case accepts(accepted, "br"):
		body, coding = f.brotli(), "br"
	case accepts(accepted, "gzip"):
		body, coding = f.gzip(), "gzip"
	}
	if s.names[r.URL.Path] == "" && r.URL.Path[len(r.URL.Path)-1] != '/' {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache") // ask each time, load only what changed
	}
	tag := `"` + f.tag + coding + `"` // each form has one of its own, RFC 9110, 8.8.3
	h.Set("ETag", tag)
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if coding != "" {
		h.Set("Content-Encoding", coding)
	}
	h.Set("Content-Type", f.kind)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) //nolint:gosec // embedded, to a browser that may be gone
	}
}

// protect sets the headers that keep a page and its files from others, except for audience.
func protect(h http.Header, audience string) {
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", audience)
	h.Set("Permissions-Policy", noFeatures)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
}

// accepts reports whether the header Accept-Encoding names a coding, and not with the weight 0.
func accepts(header, coding string) bool {
	for item := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(item, ";")
		if strings.TrimSpace(name) != coding {
			continue
		}
		_, weight, _ := strings.Cut(params, "=")
		q, err := strconv.ParseFloat(strings.TrimSpace(weight), 64)
		return params == "" || err == nil && q > 0
	}
	return false
}
