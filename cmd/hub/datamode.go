package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// inDataDir are the names in a data directory. A file system of its own has lost+found.
var inDataDir = []string{"lock", "nats", "secret-key", "watermark", "lost+found"}

// takeAccess takes others' access away from a data directory and from what is in it, where there is
// some: what is stored is in the clear, and whoever reads the secret key is every user. Below nats
// the directory's own mode keeps everybody out.
func takeAccess(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 != 0 {
		if err := checkOwn(dir, info.Mode()); err != nil {
			return err
		}
		slog.Warn(dir + " could be read or written by others of this machine: access is the hub's alone now")
	}
	for _, name := range []string{"", "lock", "nats", "secret-key", "watermark"} {
		if err := restrict(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("others have access to --data, and it can't be taken from them: "+
				"set --data to a directory of its own, with mode 700: %w", err)
		}
	}
	return nil
}

// restrict leaves a file to its owner. One that is not there yet will be.
func restrict(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || info.Mode().Perm()&0o077 == 0 {
		return err
	}
	mode := fs.FileMode(0o600)
	if info.IsDir() {
		mode = 0o700
	}
	return os.Chmod(path, mode)
}

// checkOwn refuses a directory that others use too: without access to it they would be broken.
func checkOwn(dir string, mode fs.FileMode) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	foreign := slices.IndexFunc(entries, func(e fs.DirEntry) bool {
		return !slices.Contains(inDataDir, e.Name()) && !strings.HasPrefix(e.Name(), ".")
	})
	if mode&fs.ModeSticky != 0 || foreign >= 0 {
		return fmt.Errorf("%s is open to others of this machine, and not the hub's alone: "+
			"set --data to a directory of its own", dir)
	}
	return nil
}
