// Package web embeds the browser's files into the hub's binary, so that there is one file to
// install. They are the SDK, which pages import from /sdk/index.js, and the demo, which the hub
// may serve at /.
package web

import (
	"embed"
	"io/fs"
)

//go:embed sdk demo
var files embed.FS

// SDK holds the browser SDK: index.js, what it imports, and index.d.ts, its manual. The hub serves
// it at /sdk/.
var SDK = sub("sdk")

// Demo holds the demo page: index.html and what it loads. It has to be served at /, with the SDK at
// /sdk/.
var Demo = sub("demo")

// sub returns the files below one directory. It panics if the embed directive above has no such
// directory, which the first start of the program would show.
func sub(name string) fs.FS {
	tree, err := fs.Sub(files, name)
	if err != nil {
		panic(err)
	}
	return tree
}
