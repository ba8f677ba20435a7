package kv

import (
	"cmp"
	"iter"
	"slices"
	"sort"
)

// seqList holds pairs in rising Seq, so that a page costs what the page holds, whatever the message
// holds: nothing is sorted for a reader, nor are all pairs looked at. A change gives its pair the
// highest Seq of all, so pairs are added at the end; the place that it had before is left empty.
//
// Places are kept in blocks. A block whose places are half empty is packed, and one without pairs
// is dropped, so a reader passes at most about as many empty places as pairs. That costs a change
// two moves at most, spread over all changes. A tree would do, too, with more memory for each pair.
// No two pairs have the same Seq.
type seqList struct {
	blocks []*seqBlock
	length int
	newest uint64 // no Seq in the list is above it
}

// seqBlock is a part of a seqList.
type seqBlock struct {
	first  uint64     // no Seq in the block is below it, and none of the blocks before reaches it
	places []*seqPair // in rising Seq; nil where a pair was taken out
	length int        // pairs
}

// seqPair is a pair with its place in its block.
type seqPair struct {
	Pair
	place int
}

// blockPlaces is how many places a block has at most: few enough to pack one in a microsecond, and
// enough for 100,000 pairs to be found among 400 blocks.
const blockPlaces = 256

func (l *seqList) len() int { return l.length }

// add adds a pair. It is fast if no Seq in the list is above the pair's.
func (l *seqList) add(p *seqPair) {
	if p.Seq < l.newest {
		l.insert(p)
		return
	}
	if n := len(l.blocks); n == 0 || len(l.blocks[n-1].places) == blockPlaces {
		l.blocks = append(l.blocks, &seqBlock{first: p.Seq})
	}
	last := l.blocks[len(l.blocks)-1]
	p.place = len(last.places)
	last.places = append(last.places, p)
	last.length++
	l.length++
	l.newest = p.Seq
}

// last returns the pair with the highest Seq, or nil.
func (l *seqList) last() *seqPair {
	if len(l.blocks) == 0 {
		return nil
	}
	places := l.blocks[len(l.blocks)-1].places
	for i := len(places) - 1; ; i-- { // a block without pairs is dropped
		if places[i] != nil {
			return places[i]
		}
	}
}

// insert adds a pair by making the list anew. Nothing that is read from a bucket as it should be
// comes out of order, but a list that is out of order would hide pairs without a word.
func (l *seqList) insert(p *seqPair) {
	all := append(slices.Collect(l.from(0)), p)
	slices.SortFunc(all, func(a, b *seqPair) int { return cmp.Compare(a.Seq, b.Seq) })
	*l = seqList{}
	for _, p := range all {
		l.add(p)
	}
}

// remove takes out a pair that is in the list, with the Seq that it was added with.
func (l *seqList) remove(p *seqPair) {
	i := l.search(p.Seq)
	b := l.blocks[i]
	b.places[p.place] = nil
	b.length--
	l.length--
	switch {
	case b.length == 0:
		l.blocks = slices.Delete(l.blocks, i, i+1)
	case 2*b.length < len(b.places):
		b.pack()
	}
}

// pack closes the empty places of a block.
func (b *seqBlock) pack() {
	packed := make([]*seqPair, 0, max(2*b.length, 4))
	for _, p := range b.places {
		if p != nil {
			p.place = len(packed)
			packed = append(packed, p)
		}
	}
	b.places = packed
}

// search returns the last block that may hold a pair with this Seq, or the first block.
func (l *seqList) search(seq uint64) int {
	i := sort.Search(len(l.blocks), func(i int) bool { return l.blocks[i].first > seq })
	return max(i-1, 0)
}

// from returns the pairs with a Seq of at least seq, in rising order. The list must not change
// meanwhile.
func (l *seqList) from(seq uint64) iter.Seq[*seqPair] {
	return func(yield func(*seqPair) bool) {
		if len(l.blocks) == 0 {
			return
		}
		for _, b := range l.blocks[l.search(seq):] {
			for _, p := range b.places {
				if p != nil && p.Seq >= seq && !yield(p) {
					return
				}
			}
		}
	}
}

// upTo returns the pairs with a Seq of at most seq.
func (l *seqList) upTo(seq uint64) []*seqPair {
	var list []*seqPair
	for p := range l.from(0) {
		if p.Seq > seq {
			break
		}
		list = append(list, p)
	}
	return list
}
