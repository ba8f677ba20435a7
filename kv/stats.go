package kv

// Stats say how the store is doing, over all shards.
type Stats struct {
	Position     uint64 // the revision that the tail has come to; of several shards the sum
	TailRestarts uint64 // how often a tail had to begin again behind the last change that it saw
	ViewUnits    int    // messages and groups in memory
	ViewBytes    int    // and about how much they take
}

// Stats returns the numbers as they are.
func (s *Store) Stats() Stats {
	var sum Stats
	for _, shard := range s.shards {
		sum.Position += shard.tail.position.get()
		sum.TailRestarts += shard.tail.restarts.Load()
		units, bytes := shard.view.count()
		sum.ViewUnits += units
		sum.ViewBytes += bytes
	}
	return sum
}

func (v *view) count() (units, bytes int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.cells), v.bytes
}
