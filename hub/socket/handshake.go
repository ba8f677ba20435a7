package socket

import (
	"crypto/sha1" //nolint:gosec // RFC 6455 names it; nothing is kept secret by it
	"encoding/base64"
	"net/http"

	"golang.org/x/net/http/httpguts"
)

// The handshake is written here, as the library's makes a Conn with all that it needs to read and
// write, for us to throw away: 48 of the 184 objects of a login (see docs/benchmarks-tried.md).

// agree returns the answer that turns the request's connection into a WebSocket (RFC 6455, 4.2). It
// names no extension and no subprotocol, so none is in use. If the request is no handshake, agree
// has said so, and returns nil.
func agree(rw http.ResponseWriter, r *http.Request) []byte {
	refuse := func(status int, sentence string) []byte {
		http.Error(rw, sentence, status)
		return nil
	}
	keys, versions, header := r.Header["Sec-Websocket-Key"], r.Header["Sec-Websocket-Version"], rw.Header()
	switch {
	case !r.ProtoAtLeast(1, 1):
		return refuse(http.StatusUpgradeRequired, "a WebSocket needs HTTP/1.1")
	case !httpguts.HeaderValuesContainsToken(r.Header["Connection"], "upgrade"),
		!httpguts.HeaderValuesContainsToken(r.Header["Upgrade"], "websocket"):
		header.Set("Connection", "Upgrade")
		header.Set("Upgrade", "websocket")
		return refuse(http.StatusUpgradeRequired, "this is a WebSocket: the request must ask for Upgrade: websocket. "+
			"A proxy in between has to pass Connection and Upgrade on.")
	case r.Method != http.MethodGet:
		header.Set("Allow", http.MethodGet)
		return refuse(http.StatusMethodNotAllowed, "a WebSocket begins with GET")
	case len(versions) != 1 || versions[0] != "13":
		header.Set("Sec-WebSocket-Version", "13")
		return refuse(http.StatusUpgradeRequired, "Sec-WebSocket-Version must be 13, once")
	case len(keys) != 1 || !isKey(keys[0]):
		return refuse(http.StatusBadRequest, "Sec-WebSocket-Key must be 16 bytes in base64, once")
	}
	proof := sha1.Sum([]byte(keys[0] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // as above
	answer := make([]byte, 0, 160)
	answer = append(answer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: "...)
	return append(base64.StdEncoding.AppendEncode(answer, proof[:]), "\r\n\r\n"...)
}

// isKey reports whether key is what a client shows to see that its server knows WebSocket.
func isKey(key string) bool {
	var bytes [18]byte // room for 24 digits without padding
	if len(key) != 24 {
		return false
	}
	n, err := base64.StdEncoding.Decode(bytes[:], []byte(key))
	return err == nil && n == 16
}
