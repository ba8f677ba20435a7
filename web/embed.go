// Package web embeds the browser's files in the hub's binary, so that one program is all there is
// to install: the SDK that pages import from /sdk/index.js, and the demo page that the hub may
// serve at /.
package web

import (
	"embed"
	"io/fs"
)

//go:embed sdk demo
var files embed.FS

// SDK holds the browser SDK: index.js, what it imports, and index.d.ts, its manual. The hub serves
// it below /sdk/.
var SDK = sub("sdk")

// Demo holds the demo page, index.html and what it loads. It expects to be served at / with the SDK
// at /sdk/.
var Demo = sub("demo")

// sub returns a directory of the embedded files. It panics only if the embed directive above and
// the name disagree, which a built program can't cause.
func sub(name string) fs.FS {
	tree, err := fs.Sub(files, name)
	if err != nil {
		panic(err)
	}
	return tree
}
