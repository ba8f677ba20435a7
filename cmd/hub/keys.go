package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

const (
	// minSecretKey is the least length of a key in bytes. A shorter one can be guessed from one
	// UserSig, which every client holds.
	minSecretKey = 16
	// minDistinct is how many different bytes a key has at least: "aaaaaaaaaaaaaaaa" is long, and
	// the first that anybody would try. Of random keys of 16 digits, one in 100,000 has fewer.
	minDistinct = 4
	// maxKeys is the most keys at a time. Each costs an HMAC for every UserSig that is verified.
	maxKeys = 2
)

// secretKeys returns the keys that the settings name, the one that signs first; none if they name
// none.
func (c *Config) secretKeys() ([]string, error) {
	switch {
	case c.SecretKey != "" && c.SecretKeyFile != "":
		return nil, errors.New("--secret-key and --secret-key-file are both set: leave one out; " +
			"the file may hold two keys, one a line")
	case c.SecretKey != "":
		return []string{c.SecretKey}, checkKey("--secret-key", c.SecretKey)
	case c.SecretKeyFile != "":
		keys, err := readKeys(c.SecretKeyFile)
		if err != nil {
			return nil, fmt.Errorf("--secret-key-file: %w", err)
		}
		return keys, nil
	}
	return nil, nil
}

// signingKeys returns the keys of secretKeys or, if there are none, those of the data directory.
func (c *Config) signingKeys() ([]string, error) {
	keys, err := c.secretKeys()
	if err != nil || keys != nil {
		return keys, err
	}
	if keys, err = readKeys(secretKeyPath(c.Data)); err != nil {
		return nil, fmt.Errorf("no secret key: set --secret-key or --secret-key-file, "+
			"or --data to the directory of a hub that has started before: %w", err)
	}
	return keys, nil
}

// hasSecretKey reports whether the operator has set a key, which others sign with too.
func (c *Config) hasSecretKey() bool { return c.SecretKey != "" || c.SecretKeyFile != "" }

// readKeys returns the keys in a file, one a line, the one that signs first, or an error that is
// fs.ErrNotExist.
func readKeys(path string) ([]string, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the operator names it
	if err != nil {
		return nil, err
	}
	var keys []string
	for line := range strings.Lines(string(text)) {
		if key := strings.TrimSpace(line); key != "" {
			keys = append(keys, key)
			if err := checkKey(fmt.Sprintf("key %d in %s", len(keys), path), key); err != nil {
				return nil, err
			}
		}
	}
	if len(keys) == 0 || len(keys) > maxKeys {
		return nil, fmt.Errorf("%s holds %d keys: set one, or two while a new one takes the place of the old, "+
			"one a line", path, len(keys))
	}
	return keys, nil
}

// checkKey refuses a key that can be guessed. The error names it but does not show it.
func checkKey(name, key string) error {
	if len(key) < minSecretKey {
		return fmt.Errorf("%s has %d bytes: set at least %d, or anybody who sees what it signed can guess it",
			name, len(key), minSecretKey)
	}
	distinct := map[byte]bool{}
	for i := range len(key) {
		distinct[key[i]] = true
	}
	if len(distinct) < minDistinct {
		return fmt.Errorf("%s repeats %d characters only, so anybody who sees what it signed can guess it: "+
			"set a random one, like that of `openssl rand -hex 32`", name, len(distinct))
	}
	return nil
}

// secretKeys returns the keys of this directory. The first call makes one: 32 random bytes in
// hexadecimal, readable by the owner only.
func (d *dataDir) secretKeys() ([]string, error) {
	keys, err := readKeys(secretKeyPath(d.path))
	if !errors.Is(err, fs.ErrNotExist) {
		return keys, err
	}
	random := make([]byte, 32)
	rand.Read(random)
	key := hex.EncodeToString(random)
	if err := writeFile(secretKeyPath(d.path), key+"\n"); err != nil {
		return nil, fmt.Errorf("secret key: %w", err)
	}
	return []string{key}, nil
}
