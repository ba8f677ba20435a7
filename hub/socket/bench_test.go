package socket

import (
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"exthub/events"
	"exthub/kv"
)

// An event on its way through the outbox of a session that keeps up, and of one that gets sixteen
// at once.
func BenchmarkOutbox(b *testing.B) {
	e := update(5, "voter-17_0", `{"option":2}`)
	buffer := make([]byte, 0, 2*maxOneWrite)
	for name, burst := range map[string]int{"One": 1, "Sixteen": 16} {
		b.Run(name, func(b *testing.B) {
			o := new(outbox)
			b.ReportAllocs()
			for b.Loop() {
				for range burst {
					o.event(e)
				}
				for len(o.drain(buffer[:0])) > 0 {
				}
			}
		})
	}
}

// One event to a thousand sessions whose descriptors take everything: what is left beyond the floor
// is the hub's own work for a delivery. The last session's descriptor is a pipe, which tells when
// the event has come that far.
func BenchmarkFanout(b *testing.B) {
	const audience = 1000
	descriptors := make([]int, audience)
	for i := range descriptors {
		null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
		if err != nil {
			b.Fatal(err)
		}
		defer null.Close()
		descriptors[i] = int(null.Fd())
	}
	end, last, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	defer end.Close()
	defer last.Close()
	descriptors[audience-1] = int(last.Fd())
	measure := func(b *testing.B, publish func()) {
		frame := make([]byte, 1000)
		begin := processorTime(b)
		for b.Loop() {
			publish()
			if _, err := end.Read(frame); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(processorTime(b)-begin)/float64(b.N)/audience, "cpu-ns/delivery")
	}

	ref := kv.Ref{GroupID: "team", MsgSeq: 1}
	change := kv.Delta{ID: ref.ID(), Ref: ref, Pairs: []kv.Pair{{Key: "voter-17_0", Value: `{"option":2}`, Seq: 1}}}
	b.Run("Hub", func(b *testing.B) {
		w := StartWriters(time.Second, 1)
		defer w.Stop()
		broker := events.New(events.Options{Wrap: Wrap, Deliverer: w})
		for _, fd := range descriptors {
			c := &Conn{writers: w, socket: rawConn{fd: int32(fd)}}
			broker.Attach(c, "viewer")
			broker.Join(c, "viewer", []string{"team"})
		}
		measure(b, func() { broker.Publish(change) })
	})
	b.Run("Floor", func(b *testing.B) {
		frame := make([]byte, update(1, "voter-17_0", `{"option":2}`).Size())
		write := func(descriptors []int) {
			for _, fd := range descriptors {
				if _, err := syscall.Write(fd, frame); err != nil {
					b.Error(err)
				}
			}
		}
		half := make(chan []int)
		var other sync.WaitGroup
		other.Go(func() {
			for descriptors := range half {
				write(descriptors)
			}
		})
		measure(b, func() {
			half <- descriptors[:audience/2]
			write(descriptors[audience/2:])
		})
		close(half)
		other.Wait()
	})
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
