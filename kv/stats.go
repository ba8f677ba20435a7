package kv

// Stats say how the store is doing, over all shards.
type Stats struct {
	Applied      uint64 // the revision that the tail has come to; of several shards the sum
	TailRestarts uint64 // how often a tail had to get a new consumer
	CacheObjects int    // messages and groups in memory
	CacheBytes   int    // and about how much they take
	OtherHubs    int    // that are alive, by their marks
	Knows        bool   // this hub knows what was acknowledged on all hubs, see Store.Check
}

// Stats returns the present numbers.
func (s *Store) Stats() Stats {
	var sum Stats
	for _, shard := range s.shards {
		sum.Applied += shard.tail.applied.get()
		sum.TailRestarts += shard.tail.restarts.Load()
		objects, bytes := shard.cache.count()
		sum.CacheObjects += objects
		sum.CacheBytes += bytes
	}
	sum.Knows = s.marks.ready() == nil
	if s.marks != nil {
		sum.OtherHubs = s.marks.peers.len()
	}
	return sum
}

func (c *cache) count() (objects, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.slots), c.bytes
}
