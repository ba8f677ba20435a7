package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// fanoutCommand is the floor of fan-out. The load can't tell it from a hub, but it decides nothing and stores nothing: a set goes as a frame to everybody
// who is logged in, by write(2) on the raw descriptors from two goroutines, one half each.
type fanoutCommand struct{}

// Run serves until ctx ends.
func (fanoutCommand) Run(ctx context.Context) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	f := &floorHub{}
	for i := range f.halves {
		f.halves[i] = make(chan []byte, 1024)
		go f.write(i)
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("/ws", f.accept)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: patience}
	context.AfterFunc(ctx, func() { _ = server.Close() }) // Serve says how it ended
	fmt.Printf("listening on http://%s\n", l.Addr())
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

type floorHub struct {
	mu      sync.Mutex
	members []int // descriptors
	seq     int
	halves  [2]chan []byte
}

func (f *floorHub) accept(w http.ResponseWriter, _ *http.Request) {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	// The load does not check the key.
	if _, err := conn.Write([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")); err != nil {
		return
	}
	go f.serve(conn, buffered.Reader)
}

func (f *floorHub) serve(conn net.Conn, r *bufio.Reader) {
	defer conn.Close()
	for {
		payload, err := readFrame(r)
		if err != nil {
			f.leave(conn)
			return
		}
		answer, err := f.answer(conn, payload)
		if err == nil {
			_, err = conn.Write(frame(answer))
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			f.leave(conn)
			return
		}
	}
}

// answer is what the load wants to hear.
func (f *floorHub) answer(conn net.Conn, payload []byte) ([]byte, error) {
	var r struct {
		ID     int
		Method string
		Params struct {
			UserID     string
			MessageID  string
			Extensions []struct{ Key, Value string }
		}
	}
	if err := json.Unmarshal(payload, &r); err != nil {
		return nil, err
	}
	result := "{}"
	f.mu.Lock()
	defer f.mu.Unlock()
	switch r.Method {
	case "login":
		if r.Params.UserID != "admin" {
			f.members = append(f.members, descriptor(conn))
		}
	case "sendMessage":
		f.seq++
		result = fmt.Sprintf(`{"message":{"ID":"g.bench-floors.%d"}}`, f.seq)
	case "setMessageExtensions":
		f.seq++
		e := r.Params.Extensions[0]
		event := frame(fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"MESSAGE_EXTENSIONS_UPDATED","params":{"messageID":%q,"extensions":[{"key":%q,"value":%q,"seq":%d}],"latestSeq":%d}}`,
			r.Params.MessageID, e.Key, e.Value, f.seq, f.seq))
		for _, half := range f.halves {
			half <- event
		}
		result = fmt.Sprintf(`{"extensions":[{"code":0,"key":%q,"value":%q,"seq":%d}],"latestSeq":%d}`, e.Key, e.Value, f.seq, f.seq)
	}
	return fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"result":%s}`, r.ID, result), nil
}

func (f *floorHub) leave(conn net.Conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, fd := range f.members {
		if fd == descriptor(conn) {
			f.members = append(f.members[:i], f.members[i+1:]...)
			return
		}
	}
}

// write is one of the two goroutines.
func (f *floorHub) write(half int) {
	var mine []int
	for event := range f.halves[half] {
		f.mu.Lock()
		middle := len(f.members) / 2
		mine = append(mine[:0], f.members[:middle]...)
		if half == 1 {
			mine = append(mine[:0], f.members[middle:]...)
		}
		f.mu.Unlock()
		for _, fd := range mine {
			if n, err := syscall.Write(fd, event); n != len(event) {
				fmt.Fprintf(os.Stderr, "floor: wrote %d of %d bytes: %v\n", n, len(event), err)
			}
		}
	}
}

func descriptor(conn net.Conn) (fd int) {
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err == nil {
		err = raw.Control(func(n uintptr) { fd = int(n) })
	}
	if err != nil {
		return -1
	}
	return fd
}

// readFrame reads a frame of the load's: short, whole, and masked with zeros.
func readFrame(r *bufio.Reader) ([]byte, error) {
	header := make([]byte, 2)
	if _, err := io.ReadFull(r, header); err != nil {
		return nil, err
	}
	size := int(header[1] & 0x7f)
	if size == 126 {
		if _, err := io.ReadFull(r, header); err != nil {
			return nil, err
		}
		size = int(binary.BigEndian.Uint16(header))
	}
	b := make([]byte, 4+size)
	_, err := io.ReadFull(r, b)
	return b[4:], err
}

// frame makes an unmasked text frame.
func frame(payload []byte) []byte {
	b := []byte{0x81, byte(len(payload))}
	if len(payload) > 125 {
		b = binary.BigEndian.AppendUint16([]byte{0x81, 126}, uint16(len(payload)))
	}
	return append(b, payload...)
}
