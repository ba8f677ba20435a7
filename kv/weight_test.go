package kv

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"exthub/kv/bucket"
)

// heap returns how many bytes of the heap are in use.
func heap() int {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC() // what has a finalizer goes with the second
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc)
}

// alone says to a test that it has the process, and with it the heap, for itself.
const alone = "EXTHUB_TEST_ALONE"

// inProcessOfItsOwn runs the test t again where no other runs or has run. What the servers of
// earlier tests let go of while a test measures would count as memory that it gave back.
func inProcessOfItsOwn(t *testing.T) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), alone+"=yes")
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Error(err)
	}
}

// hoard is a cache whose limit nothing reaches, with the entries that a server would send.
type hoard struct {
	*cache
	revision uint64
}

func newHoard() *hoard {
	sh := &shard{bucket: new(bucket.Bucket), turns: newTurns(1)}
	sh.heads, sh.roster = newHeads(sh), newRoster(sh, 1<<20)
	sh.sweeper = newSweeper(sh)
	sh.cache = newCache(sh, 1<<40)
	return &hoard{cache: sh.cache}
}

// entry returns an entry as it comes from the wire: its key is a part of a subject of its own.
func (h *hoard) entry(object, suffix, value string) bucket.Entry {
	h.revision++
	subject := strings.Clone("$KV.exthub_0." + object + "." + suffix)
	return bucket.Entry{Key: strings.TrimPrefix(subject, "$KV.exthub_0."), Value: value, Revision: h.revision}
}

// load puts an object into the cache.
func (h *hoard) load(object string, ref Ref, entries ...bucket.Entry) {
	sl, _ := h.find([]byte(object))
	if err := sl.fill(newObject(sl.key, ref), bucket.Snapshot{Entries: entries, UpTo: h.revision}); err != nil {
		panic(err)
	}
	close(sl.loaded)
	h.evict(sl)
}

// What the attacks of TestCacheWeighsWhatItHolds fill the cache with.
const hoarded, hoardedPairs, hoardedPage = 200, 100, 12 << 13

func hoardedRef(i int) Ref {
	return Ref{From: strings.Repeat("a", 32), To: strings.Repeat("*", 32), MsgKey: fmt.Sprint(i)}
}

func shortKey(i int) string   { return fmt.Sprint("k", i) }
func longKey(i int) string    { return fmt.Sprintf("%0120d", i) }
func escapedKey(i int) string { return strings.Repeat(".", 100) + longKey(i) }

// fill loads messages with pairs of these keys.
func (h *hoard) fill(key func(int) string, value string) {
	sent := hoardedRef(0)
	record, err := json.Marshal(Record{From: sent.From, To: sent.To, Payload: []byte(`{"text":"hi"}`)})
	if err != nil {
		panic(err)
	}
	for i := range hoarded {
		id := string(hoardedRef(i).ID())
		entries := []bucket.Entry{h.entry(id, "m", string(record))}
		for k := range hoardedPairs {
			entries = append(entries, h.entry(id, "x."+encodeToken(key(k)), strings.Clone(value)))
		}
		h.load(id, hoardedRef(i), entries...)
	}
}

// change brings entries of every message by the tail.
func (h *hoard) change(suffix, value string) {
	for i := range hoarded {
		id := string(hoardedRef(i).ID())
		h.applyTail(id, []bucket.Entry{h.entry(id, suffix, value)})
	}
}

// keepPages hangs pages on every message.
func (h *hoard) keepPages(t *testing.T) {
	for i := range hoarded {
		if err := h.withMessage(t.Context(), hoardedRef(i), func(sl *slot) {
			m := sl.object.(*Message)
			m.Memo(func() any { return make([]byte, hoardedPage) })
			m.Weigh(hoardedPage)
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// fillGroups loads groups that half of the members leave.
func (h *hoard) fillGroups(t *testing.T) {
	for i := range hoarded {
		id := fmt.Sprint("g", i)
		object := groupObject(id)
		entries := []bucket.Entry{h.entry(object, "i", `{"type":"Public","name":"club"}`)}
		for k := range hoardedPairs {
			member := h.entry(object, fmt.Sprintf("u.%032d", k), `{"role":"Member","joinTime":1}`)
			entries = append(entries, member)
		}
		h.load(object, Ref{GroupID: id}, entries...)
		for k := range hoardedPairs / 2 {
			left := h.entry(object, fmt.Sprintf("u.%032d", k), "")
			left.Deleted = true
			h.applyTail(object, []bucket.Entry{left})
		}
		if err := h.withGroup(t.Context(), id, func(sl *slot) { sl.object.(*Group).Members() }); err != nil {
			t.Fatal(err)
		}
	}
}

// Clients fill the cache with what looks small and is not: long keys that are set again and again,
// pages for many startSeq, messages that are not there, keys that are cleared, groups that users
// join and leave. What the cache says it takes is what it takes.
func TestCacheWeighsWhatItHolds(t *testing.T) {
	if os.Getenv(alone) == "" {
		inProcessOfItsOwn(t)
		return
	}
	for name, attack := range map[string]func(h *hoard){
		"short keys":             func(h *hoard) { h.fill(shortKey, "v") },
		"long keys":              func(h *hoard) { h.fill(longKey, "v") },
		"long values":            func(h *hoard) { h.fill(shortKey, strings.Repeat("v", 1000)) },
		"keys that need escapes": func(h *hoard) { h.fill(escapedKey, "v") },
		"long keys, set again": func(h *hoard) {
			h.fill(longKey, "v")
			for k := range hoardedPairs {
				h.change("x."+longKey(k), "w")
			}
		},
		"long keys, cleared": func(h *hoard) {
			h.fill(longKey, strings.Repeat("v", 1000))
			h.change("c", `{"clear":true}`)
			h.sh.sweeper.queue = nil // it has a bound of its own
		},
		"pages": func(h *hoard) {
			h.fill(longKey, "v")
			h.keepPages(t)
		},
		"messages that are not there": func(h *hoard) {
			for i := range hoarded * 50 {
				h.load(string(hoardedRef(i).ID()), hoardedRef(i))
			}
		},
		"members": func(h *hoard) { h.fillGroups(t) },
	} {
		t.Run(name, func(t *testing.T) {
			before := heap()
			h := newHoard()
			attack(h)
			held := heap() - before
			_, weighed := h.count()
			t.Logf("%d KiB are held, %d weighed", held>>10, weighed>>10)
			if held > weighed || weighed > 3*held {
				t.Errorf("%d KiB are held, but %d KiB are weighed", held>>10, weighed>>10)
			}
			h.reset()
			if _, left := h.count(); left != 0 {
				t.Errorf("%d bytes are left of nothing", left)
			}
		})
	}
}

// Clients set and clear pairs as fast as they may, and what has to be swept waits for minutes. The
// queue has a bound, and what found no room is found when its message is loaded again.
func TestSweeperIsBounded(t *testing.T) {
	h := newHoard()
	ref := Ref{GroupID: "team", MsgSeq: 1}
	id := string(ref.ID())
	h.load(id, ref)
	sweeper := h.sh.sweeper
	for round := 0; len(sweeper.queue) < maxLeftovers; round++ {
		var entries []bucket.Entry
		for k := range 300 {
			entries = append(entries, h.entry(id, fmt.Sprintf("x.k%d", k), "v"))
		}
		h.applyTail(id, entries)
		h.applyTail(id, []bucket.Entry{h.entry(id, "c", `{"clear":true}`)})
		if round > 2*maxLeftovers/300 {
			t.Fatalf("%d leftovers after %d clears", len(sweeper.queue), round)
		}
	}
	h.applyTail(id, []bucket.Entry{h.entry(id, "x.k0", "v"), h.entry(id, "c", `{"clear":true}`)})
	if n := len(sweeper.queue); n != maxLeftovers {
		t.Errorf("%d leftovers wait", n)
	}
	if err := h.withMessage(t.Context(), ref, func(sl *slot) {
		if n := len(sl.object.(*Message).swept); n != 0 {
			t.Errorf("the message keeps %d", n)
		}
	}); err != nil {
		t.Fatal(err)
	}
}
