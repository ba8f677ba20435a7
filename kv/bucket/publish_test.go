package bucket

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"exthub/kv/kvtest"
)

// A refused try says nothing about an earlier one that was never answered.
func TestUnansweredStaysUnknown(t *testing.T) {
	nc := kvtest.Server(t)
	// This stands in for a stream that swallows the first try and refuses the second, as one that
	// runs out of room in between.
	b := &Bucket{nc: nc, requests: requests{nc: nc}, prefix: "elsewhere."}
	tries := 0
	if _, err := nc.Subscribe(b.prefix+">", func(m *nats.Msg) {
		if tries++; tries > 1 {
			_ = m.Respond([]byte(`{"error":{"code":400,"err_code":10077,"description":"maximum bytes exceeded"}}`))
		}
	}); err != nil {
		t.Fatal(err)
	}
	_, err := b.Publish(t.Context(), []Write{{Key: "k"}}, PublishOptions{})
	if !errors.Is(err, ErrUnknown) || errors.Is(err, ErrUnavailable) {
		t.Fatalf("after %d tries: %v", tries, err)
	}
}

// A leader that was deposed and does not know it refuses a write, faster than the true leader
// stores it: whoever takes that refusal for the outcome says that nothing was written, or decides
// anew on its own write.
func TestRefusalOfADeposedLeader(t *testing.T) {
	const (
		behind = `{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 3"}}`
		busy   = `{"error":{"code":400,"err_code":10164,"description":"wrong last sequence"}}`
		ahead  = `{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 9"}}`
	)
	for name, c := range map[string]struct {
		sign     bool // of two leaders
		answers  []string
		replicas int
		unknown  bool
		last     uint64
	}{
		"it is behind":                    {false, []string{behind, ahead}, 3, true, 9},
		"it has the same in flight":       {true, []string{busy, ahead}, 3, true, 9},
		"somebody was faster":             {true, []string{ahead}, 3, false, 9},
		"somebody is about to be faster":  {false, []string{busy, busy, ahead}, 3, false, 9},
		"there is one leader, which lost": {false, []string{behind}, 1, false, 3},
	} {
		t.Run(name, func(t *testing.T) {
			nc := kvtest.Server(t)
			b := &Bucket{nc: nc, requests: requests{nc: nc}, prefix: "elsewhere.", writeTimeout: time.Minute}
			b.config.Replicas = c.replicas
			if c.sign {
				b.split.suspect()
			}
			tries := 0
			if _, err := nc.Subscribe(b.prefix+">", func(m *nats.Msg) {
				if tries++; tries <= len(c.answers) {
					_ = m.Respond([]byte(c.answers[tries-1]))
				}
			}); err != nil {
				t.Fatal(err)
			}
			p := Precondition{Filter: b.Filter("k"), Last: 7}
			_, err := b.Publish(t.Context(), []Write{{Key: "k"}}, PublishOptions{Precondition: p})
			var stale *StaleError
			if !errors.As(err, &stale) || stale.Last != c.last || errors.Is(err, ErrUnknown) != c.unknown {
				t.Errorf("after %d tries: %v", tries, err)
			}
		})
	}
}

// The short way of reading an acknowledgement and the parser agree.
func TestReadAck(t *testing.T) {
	b := &Bucket{commonAck: []byte(`{"stream":"KV_b","seq":`)}
	for data, want := range map[string]pubAck{
		`{"stream":"KV_b","seq":12}`:                                {Seq: 12},
		`{"stream":"KV_b","seq":12,"duplicate": true}`:              {Seq: 12, Duplicate: true},
		`{"stream":"KV_b","seq":12,"batch":"x","count":2}`:          {Seq: 12},
		`{"stream":"KV_b","domain":"d","seq":18446744073709551615}`: {Seq: 1<<64 - 1},
	} {
		if ack, err := b.readAck([]byte(data)); err != nil || ack != want {
			t.Errorf("%s: %+v, %v", data, ack, err)
		}
	}
	refused := `{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 3"},"stream":"KV_b","seq":0}`
	ack, err := b.readAck([]byte(refused))
	if err != nil || ack.Error == nil || ack.Error.ErrorCode != codeWrongLast {
		t.Errorf("%+v, %v", ack, err)
	}
	for _, data := range []string{
		"", `{"stream":"KV_b","seq":}`, `{"stream":"KV_b","seq":1`, `{"stream":"KV_b","seq":-1}`,
	} {
		if ack, err := b.readAck([]byte(data)); err == nil {
			t.Errorf("%s: %+v", data, ack)
		}
	}
}

// FuzzAck looks for an acknowledgement that the short way reads as another one than a parser does:
// a vote would be acknowledged with the revision of something else, or though it was refused.
func FuzzAck(f *testing.F) {
	b := &Bucket{commonAck: []byte(`{"stream":"KV_test","seq":`)}
	for _, data := range []string{
		`{"stream":"KV_test","seq":7}`, `{"stream":"KV_test","seq":7,"duplicate":true}`,
		`{"stream":"KV_test","seq":-1}`,
		`{"stream":"KV_test","seq":18446744073709551616}`, `{"stream":"KV_test","seq":1e3}`,
		`{"stream":"KV_test","seq":07}`,
		`{"stream":"KV_test","seq":7,"seq":8}`, `{"stream":"KV_test","seq":7}}`, `{"error":{"err_code":10071}}`,
		`{`, ``,
	} {
		f.Add([]byte(data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var want pubAck
		if json.Unmarshal(data, &want) != nil {
			return // the server sends JSON
		}
		if got, err := b.readAck(data); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q is read as %+v, %v; it is %+v", data, got, err, want)
		}
	})
}

// A bucket lost its end in a crash, or was made anew, and has grown to the same length since. Who
// takes the length alone for proof that nothing has changed overwrites what it never saw.
func TestShortcutIntoAnotherHistory(t *testing.T) {
	b := open(t, kvtest.Server(t))
	b.writeTimeout = time.Minute
	put(t, b, "a.b.c.x.ann", "a.b.c.x.joe")
	last := b.Seen()
	publish := func(p Precondition) error {
		_, err := b.Publish(t.Context(), []Write{{Key: "a.b.c.x.eve"}}, PublishOptions{Precondition: p})
		return err
	}
	p := Precondition{Filter: b.Filter("a.b.c"), Last: last - 1}
	p.Shortcut = Shortcut{Subject: b.Prefix() + "a.b.c.x.joe", UpTo: last}
	var stale *StaleError
	if err := publish(p); !errors.As(err, &stale) || stale.Last != last {
		t.Errorf("what was known of joe is not there: %v", err)
	}
	p.Last = last
	if err := publish(p); err != nil {
		t.Errorf("as it was known: %v", err)
	}
}

// A cluster has made a stream whose leader is not elected yet, for longer than a write has time. A
// hub that starts then must not give up: it would end, and be started again, and end.
func TestBeginsWhenThereIsALeader(t *testing.T) {
	nc := kvtest.Server(t)
	b := &Bucket{nc: nc, requests: requests{nc: nc}, prefix: "elsewhere.", writeTimeout: 20 * time.Millisecond}
	if _, err := b.Barrier(t.Context()); err == nil {
		t.Fatal("somebody took a write")
	}
	elected := time.AfterFunc(200*time.Millisecond, func() {
		if _, err := nc.Subscribe(b.prefix+">", func(m *nats.Msg) {
			_ = m.Respond([]byte(`{"stream":"KV_elsewhere","seq":1}`))
		}); err != nil {
			t.Error(err)
		}
	})
	defer elected.Stop()
	if err := b.begin(t.Context()); err != nil {
		t.Error(err)
	}
}

// A shortcut that saves little is not tried while the hub writes something else: most tries would
// be in vain, and each costs a round trip.
func TestShortcutInQuiet(t *testing.T) {
	b := new(Bucket)
	b.config.Replicas = 1
	one := make([]Write, 1)
	for _, c := range []struct{ quiet, alone, want bool }{
		{true, true, true}, {true, false, false}, {false, true, true}, {false, false, true},
	} {
		if got := b.mayHold(Shortcut{Subject: "s", UpTo: 1, Quiet: c.quiet}, one, c.alone); got != c.want {
			t.Errorf("%+v: tried: %t", c, got)
		}
	}
}
