package torture

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"exthub/hub"
	"exthub/hub/hubtest"
)

// TestRateLimit: of 300 attempts to set pairs of one message in a minute, on three hubs at once,
// exactly 200 pass.
func TestRateLimit(t *testing.T) {
	repeat(t, func(t *testing.T, i int) {
		now := time.Now() // the minute must not end in between
		const rate, attempts = 200, 300
		w, _, _ := onOneNode(t, "rate limit of 200 a minute over 3 hubs", 0, 3, func(_ int, o *hub.Options) {
			o.MessageRate = rate
			o.MaxExtensions = attempts
			o.Now = func() time.Time { return now }
		})
		var all sync.WaitGroup
		var mu sync.Mutex
		passed, refusals := 0, 0
		for i := range attempts / 10 {
			all.Go(func() {
				s, err := login(t.Context(), w.instances[i%3].addr(), fmt.Sprint("writer", i%writers), nil)
				if err != nil {
					t.Error(err)
					return
				}
				defer s.Close()
				for n := range 10 {
					err := s.Call(t.Context(), "setMessageExtensions", object{"messageID": w.messages[0],
						"extensions": []object{{"key": fmt.Sprint(i, "-", n), "value": "v", "seq": 0}}}, nil)
					mu.Lock()
					switch {
					case err == nil:
						passed++
					case hubtest.Code(err) == codeRate:
						refusals++
					default:
						t.Error(err)
					}
					mu.Unlock()
				}
			})
		}
		all.Wait()
		wrong := 0
		if passed != rate || refusals != attempts-rate {
			wrong = 1
			t.Errorf("violation: %d passed and %d were refused", passed, refusals)
		}
		ledger.add(run{fault: w.fault, operations: attempts, acknowledged: passed, violations: wrong})
	})
}
