package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// dataDir is the directory that belongs to one running hub. It holds the embedded NATS's store, the
// watermark of what was committed there, and the secret key.
type dataDir struct {
	path string // absolute
	lock *flock.Flock
}

// openDataDir makes the directory if need be and locks it until close. The lock is the kernel's, so
// it is released with the process, however that ends. Two servers on one JetStream directory would
// destroy it.
func openDataDir(path string) (*dataDir, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(abs, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if err := takeAccess(abs); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	d := &dataDir{abs, flock.New(filepath.Join(abs, "lock"))}
	locked, err := d.lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("data directory: lock: %w", err)
	}
	if !locked {
		return nil, fmt.Errorf("data directory %s is in use by another hub: stop that one, "+
			"or set --data to a directory of its own", abs)
	}
	// A kill during writeFile leaves a temporary file. Later writes use other names, so it does no
	// harm if it can't be removed.
	leftovers, _ := filepath.Glob(filepath.Join(abs, temporary))
	for _, file := range leftovers {
		_ = os.Remove(file)
	}
	return d, nil
}

func (d *dataDir) close() error { return d.lock.Close() }

func (d *dataDir) natsDir() string { return filepath.Join(d.path, "nats") }

func secretKeyPath(dir string) string { return filepath.Join(dir, "secret-key") }

// temporary is the pattern of the names that writeFile gives to files that are not complete yet.
const temporary = ".new-*"

// writeFile writes a file atomically: also after a power cut it is complete, or it is the old one.
func writeFile(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), temporary) // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
