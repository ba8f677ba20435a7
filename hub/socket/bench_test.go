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

// pipe returns a descriptor that takes everything, and the file from which that can be read.
func pipe(b *testing.B) (*os.File, int) {
	b.Helper()
	end, begin, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { end.Close(); begin.Close() })
	return end, int(begin.Fd())
}

// null returns a descriptor that takes everything.
func null(b *testing.B) int {
	b.Helper()
	file, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { file.Close() })
	return int(file.Fd())
}

// attach adds a session with this descriptor to a group.
func attach(broker *events.Broker, w *Writers, descriptor int, group string) {
	c := &Conn{writers: w, socket: rawConn{fd: int32(descriptor)}}
	broker.Attach(c, "viewer of "+group)
	broker.Join(c, "viewer of "+group, []string{group})
}

// voted is a change of a pair in a group.
func voted(group string) kv.Delta {
	ref := kv.Ref{GroupID: group, MsgSeq: 1}
	pair := kv.Pair{Key: "voter-17_0", Value: `{"option":2}`, Seq: 1}
	return kv.Delta{ID: ref.ID(), Ref: ref, Pairs: []kv.Pair{pair}}
}

// BenchmarkRoomBesideHall is how long an event of a group of one waits behind one of a group of
// thousands that was published right before: with fan-outs, and with an outbox for each session.
func BenchmarkRoomBesideHall(b *testing.B) {
	const audience = 10_000
	for name, fanoutFrom := range map[string]int{"Fanout": FanoutFrom, "Outboxes": audience + 1} {
		b.Run(name, func(b *testing.B) {
			w := StartWriters(time.Second, fanoutFrom)
			defer w.Stop()
			broker := events.New(events.Options{Wrap: Wrap, Deliverer: w})
			nowhere := null(b)
			for range audience - 1 {
				attach(broker, w, nowhere, "hall")
			}
			hall, last := pipe(b)
			attach(broker, w, last, "hall")
			room, only := pipe(b)
			attach(broker, w, only, "room")
			frame := make([]byte, 1000)
			var waited time.Duration
			for b.Loop() {
				broker.Publish(voted("hall"))
				begin := time.Now()
				broker.Publish(voted("room"))
				if _, err := room.Read(frame); err != nil {
					b.Fatal(err)
				}
				waited += time.Since(begin)
				if _, err := hall.Read(frame); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(waited.Microseconds())/float64(b.N), "us-waited/event")
		})
	}
}

// BenchmarkFanout is one event to a thousand sessions whose descriptors take everything: what is
// left beyond the floor is the hub's own work for a delivery. The last session's descriptor is a
// pipe, which tells when the event has come that far.
func BenchmarkFanout(b *testing.B) {
	const audience = 1000
	descriptors := make([]int, audience)
	for i := range descriptors {
		descriptors[i] = null(b)
	}
	end, last := pipe(b)
	descriptors[audience-1] = last
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

	b.Run("Hub", func(b *testing.B) {
		w := StartWriters(time.Second, 1)
		defer w.Stop()
		broker := events.New(events.Options{Wrap: Wrap, Deliverer: w})
		for _, fd := range descriptors {
			attach(broker, w, fd, "team")
		}
		measure(b, func() { broker.Publish(voted("team")) })
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
