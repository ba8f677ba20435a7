package kv

import (
	"context"
	"errors"
	"testing"
)

// FuzzApplied looks for a waiter that is woken too early, and would read what is not there yet, or
// that is never woken. After any order of advances, interruptions and waits exactly those waits are
// over that a plain list says are.
func FuzzApplied(f *testing.F) {
	f.Add([]byte{0, 3, 1, 1, 2, 5, 3, 0, 0, 5})
	f.Add([]byte{1, 1, 2, 9, 2, 3, 4, 3, 2, 3, 1, 0, 0, 9})
	f.Add([]byte{3, 1, 3, 1, 3, 2, 0, 1, 1, 0, 0, 2})
	f.Fuzz(func(t *testing.T, moves []byte) {
		m := &appliedModel{t: t}
		for ; len(moves) >= 2; moves = moves[2:] {
			m.move(moves[0], uint64(moves[1]))
			m.check()
		}
		m.move(moveRun, 0)
		m.check()
		m.move(moveAdvance, 256)
		m.check()
		if n := len(m.a.waiters); n != 0 {
			t.Errorf("%d waiters are left", n)
		}
	})
}

// appliedModel is an applied beside a list of all waits that there ever were.
type appliedModel struct {
	t        *testing.T
	a        applied
	revision uint64
	running  bool
	waits    []modelWait
}

type modelWait struct {
	revision uint64
	anyway   bool
	done     <-chan struct{}
	over     bool
}

// The moves of FuzzApplied, by their first byte.
const (
	moveAdvance = iota
	moveRun     // or stop, with an even number
	moveWait
	moveWaitAnyway
	moveGiveUp
	moves
)

func (m *appliedModel) move(kind byte, n uint64) {
	switch kind % moves {
	case moveAdvance:
		m.revision = max(m.revision, n)
		m.a.advance(m.revision)
	case moveRun:
		m.running = n%2 == 1
		m.a.setRunning(m.running)
	case moveWait:
		m.waits = append(m.waits, modelWait{revision: n, done: m.a.waitFor(n, false)})
	case moveWaitAnyway:
		m.waits = append(m.waits, modelWait{revision: n, anyway: true, done: m.a.waitFor(n, true)})
	case moveGiveUp:
		canceled, cancel := context.WithCancel(m.t.Context())
		cancel()
		err := m.a.wait(canceled, n)
		if there := n <= m.revision; there && err != nil || !there && !errors.Is(err, context.Canceled) {
			m.t.Errorf("a wait for %d at %d that is given up: %v", n, m.revision, err)
		}
	}
}

func (m *appliedModel) check() {
	m.t.Helper()
	for i := range m.waits {
		w := &m.waits[i]
		w.over = w.over || w.revision <= m.revision || !w.anyway && !m.running
		select {
		case <-w.done:
			if !w.over {
				m.t.Fatalf("at %d, running %v: %+v is over", m.revision, m.running, *w)
			}
		default:
			if w.over {
				m.t.Fatalf("at %d, running %v: %+v is not over", m.revision, m.running, *w)
			}
		}
	}
}
