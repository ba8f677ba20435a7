package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
)

// contentPolicy lets a page load from its own host only, with no inline script, and be framed by no
// page. A browser counts the WebSocket of the same host as 'self'.
const contentPolicy = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; " +
	"frame-ancestors 'none'; object-src 'none'"

// noFeatures keeps what a page could ask its visitor for from it, and from what it would frame.
const noFeatures = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), hid=(), " +
	"midi=(), display-capture=(), screen-wake-lock=(), browsing-topics=()"

// Who may load files.
const (
	forOwnPages  = "same-origin"
	forAnyOrigin = "cross-origin" // for the SDK, which is public and holds no secret
)

// static serves embedded files to pages of the origins in audience. They have no modification time,
// so one ETag over all of them tells a browser whether its copies are current.
func static(files fs.FS, audience string) http.Handler {
	tag := `"` + digest(files) + `"`
	server := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", audience)
		h.Set("Permissions-Policy", noFeatures)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		if audience == forAnyOrigin {
			h.Set("Access-Control-Allow-Origin", "*")
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "only to be read", http.StatusMethodNotAllowed)
			return
		}
		if !isPage(files, r.URL.Path) {
			http.NotFound(w, r)
			return
		}
		h.Set("ETag", tag)
		h.Set("Cache-Control", "no-cache") // ask each time, load only what changed
		server.ServeHTTP(w, r)
	})
}

// isPage reports whether a path is that of a file, or of a directory with a page of its own: the
// server of net/http would list any other directory.
func isPage(files fs.FS, urlPath string) bool {
	name := path.Clean("/" + urlPath)[1:]
	info, err := fs.Stat(files, cmp.Or(name, "."))
	if err == nil && info.IsDir() {
		_, err = fs.Stat(files, path.Join(name, "index.html"))
	}
	return err == nil
}

// digest returns a hash over all names and contents. It panics only if files that are part of the
// program can't be read.
func digest(files fs.FS) string {
	h := sha256.New()
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := files.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		fmt.Fprintf(h, "%s\x00", path)
		_, err = io.Copy(h, f)
		return err
	})
	if err != nil {
		panic(err)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
