package kv

import (
	"fmt"
	"sync"
	"testing"

	"exthub/kv/kvtest"
)

// TestGroupsOfManyAtOnce: everybody is told of his own groups, and of those that were made before he asked.
func TestGroupsOfManyAtOnce(t *testing.T) {
	s, _ := open(t, kvtest.Server(t), Options{Shards: 4})
	var users sync.WaitGroup
	for i := range 64 {
		users.Go(func() {
			user := fmt.Sprint("user", i)
			for n := range 5 {
				makeGroup(t, s, fmt.Sprintf("%s-%d", user, n), user)
				if groups, err := s.Groups(t.Context(), user); err != nil || len(groups) != n+1 {
					t.Errorf("%s after %d groups: %v, %v", user, n+1, groups, err)
				}
			}
		})
	}
	users.Wait()
}
