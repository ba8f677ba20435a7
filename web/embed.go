// Package web embeds the browser's files into the hub's binary, so that there is one file to
// install. They are the SDK, which pages import from /sdk/index.js, the widgets in /widgets.js, and
// the demo, which the hub may serve at /. The scripts are packed: what is in dist/ is made by
// pack.js.
package web

import (
	"embed"
	"path"
)

//go:embed dist sdk/index.d.ts sdk/codes.js demo/index.html demo/icon.svg
//go:embed pages/share.html pages/present.html
var files embed.FS

// SDK returns the files of the browser SDK, by name: index.js, an ES module, lists.js, which that
// loads, exthub.js, a classic script, codes.js, and index.d.ts, the manual. The hub serves them at
// /sdk/.
func SDK() map[string][]byte {
	return read("dist/index.js", "dist/index.js.map", "dist/lists.js", "dist/lists.js.map", "dist/exthub.js",
		"sdk/codes.js", "sdk/index.d.ts")
}

// Widgets returns the script that pages of any origin load for the widgets, by name. The hub serves
// it at /widgets.js.
func Widgets() map[string][]byte {
	return read("dist/widgets.js")
}

// PageTemplates returns the templates of the pages for guests, by name: share.html and
// present.html.
func PageTemplates() map[string][]byte {
	return read("pages/share.html", "pages/present.html")
}

// PageFiles returns what those pages load besides the widgets, by name. The hub serves them at
// /pages/.
func PageFiles() map[string][]byte {
	return read("dist/share.js", "dist/present.js", "dist/pages.css", "demo/icon.svg")
}

// Demo returns the files of the demo page, by name: index.html and what it loads. They have to be
// served at /, with the SDK at /sdk/.
func Demo() map[string][]byte {
	return read("demo/index.html", "demo/icon.svg", "dist/demo.js", "dist/demo.css", "dist/room.js", "dist/room.css")
}

// read returns files by their last name. It panics if one is not embedded, which the first start of
// the program would show.
func read(paths ...string) map[string][]byte {
	byName := make(map[string][]byte, len(paths))
	for _, p := range paths {
		content, err := files.ReadFile(p)
		if err != nil {
			panic(err)
		}
		byName[path.Base(p)] = content
	}
	return byName
}
