package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// embedded is the NATS server in the hub's own process. It listens on no port: only this process
// reaches it.
//
// A server whose disk was full goes on serving reads but takes no write any more until it is
// restarted. embedded restarts it as soon as there is space.
type embedded struct {
	config *Config
	dir    *dataDir
	log    *natsLog
	server atomic.Pointer[server.Server] // replaced at a restart
	stop   chan struct{}
	done   chan struct{}
}

func startEmbedded(c *Config, dir *dataDir) (*embedded, error) {
	if c.AcceptLoss {
		if err := removeIndexes(dir); err != nil {
			return nil, fmt.Errorf("--accept-loss: %w", err)
		}
	}
	e := &embedded{config: c, dir: dir, log: newNATSLog(), stop: make(chan struct{}), done: make(chan struct{})}
	if err := e.start(); err != nil {
		return nil, err
	}
	go e.recoverFromFullDisk()
	return e, nil
}

// removeIndexes makes the server read every block from the start and truncate it where it is
// damaged. With the index that an ordered stop leaves, the server reads no block, and goes on
// writing behind a record that it can't read past.
func removeIndexes(dir *dataDir) error {
	root, err := os.OpenRoot(dir.natsDir())
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nothing is stored yet
	}
	if err != nil {
		return err
	}
	defer root.Close()
	return fs.WalkDir(root.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "index.db" {
			return root.Remove(path)
		}
		return err
	})
}

// InProcessConn connects to the server that runs now: a reconnect finds the one that was restarted.
func (e *embedded) InProcessConn() (net.Conn, error) { return e.server.Load().InProcessConn() }

func (e *embedded) start() error {
	s, err := server.NewServer(&server.Options{
		ServerName:   "exthub",
		DontListen:   true,
		NoSigs:       true, // the hub handles signals
		JetStream:    true,
		StoreDir:     e.dir.natsDir(),
		SyncAlways:   e.config.Sync.Always,
		SyncInterval: e.config.Sync.Every,
	})
	if err != nil {
		return fmt.Errorf("embedded NATS: %w", err)
	}
	e.log.fatal.Store(nil)
	s.SetLoggerV2(e.log, false, false, false)
	s.Start() // returns when JetStream has read its whole store, or logs why it cannot
	fatal := e.log.fatal.Load()
	if fatal == nil && s.ReadyForConnections(10*time.Second) {
		e.server.Store(s)
		return nil
	}
	shutDown(s)
	if fatal != nil {
		return fmt.Errorf("embedded NATS: %s", *fatal)
	}
	return errors.New("embedded NATS did not start")
}

func shutDown(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}

// recoverFromFullDisk restarts the server after each time that its disk was full.
func (e *embedded) recoverFromFullDisk() {
	defer close(e.done)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	full := false
	for {
		select {
		case <-e.stop:
			return
		case <-e.log.full:
			if !full {
				slog.Error("the disk is full: reads go on, writes fail until there is room", "data", e.dir.path)
			}
			full = true
		case <-tick.C:
			if !full || e.checkRoom() != nil {
				continue
			}
			shutDown(e.server.Load())
			select {
			case <-e.log.full: // what the old server logged at its end
			default:
			}
			if err := e.start(); err != nil {
				slog.Error("there is room on the disk, but NATS does not start", "error", err)
				continue
			}
			slog.Info("there is room on the disk again", "data", e.dir.path)
			full = false
		}
	}
}

// checkRoom returns nil if a new block would fit on the disk.
func (e *embedded) checkRoom() error {
	path := filepath.Join(e.dir.path, ".room")
	defer os.Remove(path)
	return os.WriteFile(path, make([]byte, 1<<20), 0o600)
}

// close stops the server and returns when its files are closed.
func (e *embedded) close() {
	close(e.stop)
	<-e.done
	shutDown(e.server.Load())
}
