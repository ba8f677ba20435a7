package main

import (
	"cmp"
	"fmt"
	"io"
	"runtime/debug"
)

// versionCommand prints what the Go toolchain recorded in the binary.
type versionCommand struct{}

// Run writes the version in one line.
func (versionCommand) Run(out io.Writer) error {
	_, err := fmt.Fprintln(out, "exthub", version())
	return err
}

// version returns the module's version and the commit that it was built from, as far as the build
// recorded them.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	v := cmp.Or(info.Main.Version, "(devel)")
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v += " " + s.Value[:min(12, len(s.Value))]
		}
	}
	return v + " " + info.GoVersion
}
