package bench

import (
	"net"
	"strings"
	"testing"
)

// TestReceive: frames of every length encoding come out whole, however they were cut on the way,
// and pings don't show.
func TestReceive(t *testing.T) {
	server, client := net.Pipe()
	defer client.Close()
	long, longer := strings.Repeat("a", 300), strings.Repeat("b", 70_000)
	wire := "\x81\x05hello" + "\x89\x00" + "\x81\x7e\x01\x2c" + long + "\x81\x7f\x00\x00\x00\x00\x00\x01\x11\x70" +
		longer + "\x88\x0a\x0f\xa2too slow"
	go func() {
		defer server.Close()
		for i := 0; i < len(wire); i += 7 {
			if _, err := server.Write([]byte(wire[i:min(i+7, len(wire))])); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	s := &socket{Conn: client, buffer: make([]byte, 16)}
	for _, want := range []string{"hello", long, longer} {
		got, err := s.receive()
		if err != nil || string(got) != want {
			t.Fatalf("%d bytes, %v; want %d", len(got), err, len(want))
		}
	}
	if _, err := s.receive(); err == nil || !strings.Contains(err.Error(), "4002 too slow") {
		t.Fatal(err)
	}
}
