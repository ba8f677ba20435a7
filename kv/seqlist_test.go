package kv

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"exthub/kv/bucket"
)

// Whatever is added and taken out, a list has what a sorted slice would have, from any Seq on, and
// few empty places.
func TestSeqListIsSorted(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, disorder := range []int{0, 50} { // of 1,000 that are added, not at the end
		var l seqList
		var want []*seqPair
		seq := uint64(1000)
		for step := range 20_000 {
			switch seq += 1 + random.Uint64N(3); {
			case len(want) > 0 && random.IntN(1000) < 450:
				i := random.IntN(len(want))
				l.remove(want[i])
				want = slices.Delete(want, i, i+1)
			case random.IntN(1000) < disorder:
				p := &seqPair{Pair: Pair{Seq: random.Uint64N(seq)}}
				at, taken := slices.BinarySearchFunc(want, p, bySeqOf)
				if taken {
					continue
				}
				l.add(p)
				want = slices.Insert(want, at, p)
			default:
				p := &seqPair{Pair: Pair{Seq: seq}}
				l.add(p)
				want = append(want, p)
			}
			if step%97 == 0 {
				from := random.Uint64N(seq + 2)
				at, _ := slices.BinarySearchFunc(want, &seqPair{Pair: Pair{Seq: from}}, bySeqOf)
				if got := slices.Collect(l.from(from)); !slices.Equal(got, want[at:]) || l.len() != len(want) {
					t.Fatalf("step %d: %d pairs from %d, want %d of %d",
						step, len(got), from, len(want[at:]), len(want))
				}
				checkPlaces(t, &l)
			}
		}
	}
}

func bySeqOf(a, b *seqPair) int { return cmp.Compare(a.Seq, b.Seq) }

func checkPlaces(t *testing.T, l *seqList) {
	t.Helper()
	places := 0
	for i, b := range l.blocks {
		places += len(b.places)
		if b.length == 0 || len(b.places) > blockPlaces {
			t.Errorf("block %d of %d pairs has %d places", i, b.length, len(b.places))
		}
	}
	if places > 2*l.len() {
		t.Errorf("%d places for %d pairs", places, l.len())
	}
}

// placesOfAPage returns how many places and pairs are looked at for a page of 200.
func placesOfAPage(l *seqList, from uint64) (looked, pairs int) {
	for i := l.search(from); i < len(l.blocks) && pairs < 200; i++ {
		for _, p := range l.blocks[i].places {
			looked++
			if p != nil && p.Seq >= from {
				pairs++
			}
		}
	}
	return looked, pairs
}

// Somebody makes a message of 100,000 pairs as slow as they can: those that come first are changed,
// so that the places in front are empty, or one is left in each block. A page passes at most as
// many places as it has pairs, and a few more.
func TestPageOfALargeMessageLooksAtFewPlaces(t *testing.T) {
	for name, changed := range map[string]func(i int) bool{
		"nothing":        func(int) bool { return false },
		"the first half": func(i int) bool { return i < 50_000 },
		"all but a few":  func(i int) bool { return i%200 != 0 },
		"every other":    func(i int) bool { return i%2 == 0 },
	} {
		m := benchMessage(100_000)
		for i := range 100_000 {
			if changed(i) {
				e := bucket.Entry{Value: "2", Revision: uint64(100_001 + i)}
				if err := m.apply(fmt.Sprint("x.voter", i), e); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := m.apply("x.", bucket.Entry{}); err == nil {
			t.Error("a key that is none")
		}
		checkPlaces(t, &m.live)
		for _, from := range []uint64{0, 1, 70_000, 150_000} {
			looked, pairs := placesOfAPage(&m.live, from)
			if looked > 2*pairs+2*blockPlaces {
				t.Errorf("%s, from %d: %d places for %d pairs", name, from, looked, pairs)
			}
		}
	}
}

// A vote on a large message is counted, and moved to the end, without a look at the others: it
// makes as many objects as on a small one.
func TestVoteOnALargeMessageMakesNoMoreObjects(t *testing.T) {
	objects := func(n int) float64 {
		m := benchMessage(n)
		revision, voter := uint64(n), 0
		return testing.AllocsPerRun(1000, func() {
			revision++
			voter = (voter + 7919) % n
			e := bucket.Entry{Value: "2", Revision: revision}
			if err := m.apply("x.voter"+fmt.Sprint(voter), e); err != nil {
				t.Fatal(err)
			}
		})
	}
	if small, large := objects(300), objects(100_000); large > small+1 {
		t.Errorf("%v objects a vote on 100,000 pairs, %v on 300", large, small)
	}
}
