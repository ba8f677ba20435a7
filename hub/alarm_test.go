package hub

import (
	"math"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestAlarm rings at its time, not before, and not twice; never if that is beyond what a timer or a
// duration can hold.
func TestAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rung atomic.Int32
		ring := func() { rung.Add(1) }
		for after, want := range map[time.Duration]int32{-time.Hour: 1, time.Hour: 1, 3*longestTimer + time.Hour: 1} {
			rung.Store(0)
			newAlarm(time.Now().Add(after), time.Now, ring)
			<-time.After(max(after-1, 0))
			if synctest.Wait(); after > 0 && rung.Load() > 0 {
				t.Errorf("%v: too early", after)
			}
			<-time.After(1)
			if synctest.Wait(); rung.Load() != want {
				t.Errorf("%v: rung %d times", after, rung.Load())
			}
		}
		rung.Store(0)
		far := []*alarm{
			newAlarm(time.Now().Add(math.MaxInt64).Add(time.Hour), time.Now, ring),
			newAlarm(time.Unix(1<<41, 0), time.Now, ring),
			newAlarm(time.Now().Add(time.Hour), time.Now, ring),
		}
		far[2].stop()
		<-time.After(3*longestTimer + time.Hour)
		if synctest.Wait(); rung.Load() > 0 {
			t.Error("rung though it is far away, or was stopped")
		}
		for _, a := range far {
			a.stop()
		}
	})
}
