package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"exthub/hub/usersig"
)

// fanoutCommand is the floor of fan-out and of reading: a server that the load can't tell from a
// hub, but that decides nothing and stores nothing.
//
// A set of a group's message goes as a frame to every session, by write(2) on the raw descriptors
// from two goroutines, half of the sessions each. A set of a one-to-one message goes to its author
// together with the answer. Reads are answered with the same bytes from memory.
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
	server := &http.Server{Handler: mux, ReadHeaderTimeout: timeout}
	context.AfterFunc(ctx, func() { _ = server.Close() }) // Serve returns the error
	fmt.Printf("listening on http://%s\n", l.Addr())
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

type floorHub struct {
	mu      sync.Mutex
	members []int // the sessions' descriptors
	seq     int64
	halves  [2]chan []byte
}

func (f *floorHub) accept(w http.ResponseWriter, _ *http.Request) {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	// The load does not check the accept key, so none is computed.
	const upgraded = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
	if _, err := conn.Write([]byte(upgraded)); err != nil {
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
		if _, err := conn.Write(f.answer(conn, payload)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			f.leave(conn)
			return
		}
	}
}

// answer returns the frame that answers a request, and with it the event of a set that concerns
// nobody but its author.
func (f *floorHub) answer(conn net.Conn, request []byte) []byte {
	result, event := []byte("{}"), []byte(nil)
	method := string(member(request, "method"))
	if method == "login" {
		user, sig := string(member(request, "userID")), string(member(request, "userSig"))
		if err := usersig.Verify(sig, appID, secretKey, user, time.Now()); err != nil {
			return frame(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":1,"error":{"code":70009,"message":%q}}`, err))
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch method {
	case "login":
		if string(member(request, "userID")) != "admin" {
			f.members = append(f.members, descriptor(conn))
		}
	case "sendMessage":
		f.seq++
		result = fmt.Appendf(nil, `{"message":{"ID":"%s.bench-floors.%d"}}`, member(request, "conversationType"), f.seq)
	case "setMessageExtensions":
		f.seq++
		seq := strconv.AppendInt(nil, f.seq, 10)
		message := member(request, "messageID")
		pair := slices.Concat(
			[]byte(`"key":"`), member(request, "key"), []byte(`","value":"`), member(request, "value"),
			[]byte(`","seq":`), seq, []byte(`}],"latestSeq":`), seq, []byte("}"))
		event = frame([]byte(`{"jsonrpc":"2.0","method":"MESSAGE_EXTENSIONS_UPDATED","params":{"messageID":"`),
			message, []byte(`","extensions":[{`), pair, []byte("}"))
		result = slices.Concat([]byte(`{"extensions":[{"code":0,`), pair)
		if bytes.HasPrefix(message, []byte("C2C.")) {
			break
		}
		for _, half := range f.halves {
			half <- event
		}
		event = nil
	case "getMessageExtensions":
		result = pages[0]
		if start := after(request, `"startSeq":`); len(start) > 0 && start[0] != '0' {
			result = pages[1]
		}
	}
	id, _, _ := bytes.Cut(after(request, `"id":`), []byte(","))
	return append(frame([]byte(`{"jsonrpc":"2.0","id":`), id, []byte(`,"result":`), result, []byte("}")), event...)
}

// member returns the value of the first member with this name. The load's strings have nothing to
// unescape, and a parser would be half of the floor's work.
func member(request []byte, name string) []byte {
	value, _, _ := bytes.Cut(after(request, `"`+name+`":"`), []byte(`"`))
	return value
}

func after(b []byte, mark string) []byte {
	_, rest, _ := bytes.Cut(b, []byte(mark))
	return rest
}

// pages are the 300 pairs of a message, encoded as a hub answers them.
var pages = [][]byte{page(0, 200, 0), page(200, 300, 1)}

func page(from, to, complete int) []byte {
	b := []byte(`{"extensions":[`)
	for i := from; i < to; i++ {
		b = fmt.Appendf(b, `{"key":"voter-%05d","value":"%s","seq":%d},`, i, strings.Repeat("x", 64), 1000+i)
	}
	return fmt.Appendf(b[:len(b)-1], `],"latestSeq":1299,"clearSeq":0,"purgedSeq":0,"completeFlag":%d}`, complete)
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

// write sends the events to one half of the sessions. Each half has a goroutine.
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

// readFrame reads one of the load's frames: short, unfragmented, and masked with zeros.
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

// frame returns an unmasked text frame whose payload is the parts.
func frame(parts ...[]byte) []byte {
	size := 0
	for _, part := range parts {
		size += len(part)
	}
	b := append(make([]byte, 0, size+4), 0x81)
	if size < 126 {
		b = append(b, byte(size))
	} else {
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(size))
	}
	for _, part := range parts {
		b = append(b, part...)
	}
	return b
}
