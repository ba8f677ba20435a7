package main

import (
	"cmp"
	"fmt"
	"io"
	"runtime/debug"
)

// versionCommand prints what the Go toolchain recorded in the binary.
type versionCommand struct{}

// Run writes one line.
func (versionCommand) Run(out io.Writer) error {
	_, err := fmt.Fprintln(out, "exthub", version())
	return err
}

// version is the module's version and the commit it was built from, as far as the build knew them.
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
