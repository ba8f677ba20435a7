// Package webhook tells the app's backend of every change of extensions, and of every message that
// was recalled, by HTTP.
//
// What holds:
//   - Every change is told at least once, through whichever door and hub it came, and also across
//     restarts: the sender's position is kept in the store.
//   - The changes of one message are told in the order of Seq, one at a time. After a restart some
//     may be told again; Seq shows it.
//   - A backend that was away is told what is there when it is back: values that were overwritten
//     meanwhile fold into the newest, and deletions that are no longer listed (PurgedSeq) are left
//     out.
//   - A backend that is slow, down or wrong costs the hub nothing but one request at a time per
//     shard, with a pause that grows.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"exthub/kv"
)

// Options are the settings of a Sender. URL and SDKAppID are required; any other zero is the
// default that its comment names.
type Options struct {
	URL      string // http or https; its own query parameters are kept
	Secret   string // signs what is sent; "" sends it unsigned
	SDKAppID uint64

	Timeout time.Duration // of one request; 5 s
	// After the first failure in a row, and after many; 100 ms and 15 s
	MinPause, MaxPause time.Duration
	Now                func() time.Time
}

// These are the headers of a signed request. The signature is the HMAC-SHA256, in hex, of the
// timestamp (Unix seconds), a full stop and the body.
const (
	TimestampHeader = "Exthub-Timestamp"
	SignatureHeader = "Exthub-Signature"
)

// Sender posts changes to one address.
type Sender struct {
	options   Options
	address   *url.URL
	client    *http.Client
	following *kv.Following
	metrics   *metrics
}

// New returns a sender with a position in the store. The first time, it will send what is written
// from now on, once it runs; later it continues from where it was.
func New(ctx context.Context, store *kv.Store, options Options) (*Sender, error) {
	address, err := url.Parse(options.URL)
	if err != nil {
		return nil, errors.New("webhook: the address can't be parsed") // the error would show it
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	s := &Sender{options: options, address: address, client: &http.Client{
		// A redirect would send signed data to a host that the operator has not named.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute,
		},
	}}
	s.following, err = store.Follow(ctx, kv.Follower{
		Name: "webhook", Hear: s.deliver,
		Timeout: options.Timeout, MinPause: options.MinPause, MaxPause: options.MaxPause,
	})
	if err != nil {
		return nil, err
	}
	s.metrics = newMetrics(s.following)
	return s, nil
}

// Run sends until ctx ends. The store's Run must be running.
func (s *Sender) Run(ctx context.Context) {
	defer s.client.CloseIdleConnections()
	s.following.Run(ctx)
}

// deliver posts the first part of the news that fits into one callback, and returns the Seq at
// which it ends.
func (s *Sender) deliver(ctx context.Context, news kv.News) (through uint64, err error) {
	defer func() { s.metrics.record(s.options.Now().Sub(news.Time), err) }()
	if news.Recalled != nil {
		r := newRecallCallback(news)
		return r.Seq, s.post(ctx, r.CallbackCommand, encode(r))
	}
	c := newCallback(news)
	return c.Seq, s.post(ctx, c.CallbackCommand, encode(c))
}

// post sends one callback. Any 2xx status means that it was accepted; the body of the answer does
// not matter.
func (s *Sender) post(ctx context.Context, command string, body []byte) error {
	address := *s.address
	query := address.Query()
	for name, value := range map[string]string{
		"SdkAppid": strconv.FormatUint(s.options.SDKAppID, 10), "CallbackCommand": command, "contenttype": "json",
		// The store does not know which user made a change, nor from where.
		"ClientIP": "", "OptPlatform": "Unknown",
	} {
		query.Set(name, value)
	}
	address.RawQuery = query.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address.String(), bytes.NewReader(body))
	if err != nil {
		return withoutAddress(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if s.options.Secret != "" {
		timestamp := strconv.FormatInt(s.options.Now().Unix(), 10)
		r.Header.Set(TimestampHeader, timestamp)
		r.Header.Set(SignatureHeader, Sign(s.options.Secret, timestamp, body))
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return withoutAddress(err)
	}
	defer answer.Body.Close()
	// The body is read so that the connection can be used again, but not without a limit.
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10)
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("the receiver answered %s", answer.Status)
	}
	return nil
}

// withoutAddress returns an error of net/http without the address that it names: a path and a query
// may hold tokens, and errors are logged.
func withoutAddress(err error) error {
	var named *url.Error
	if errors.As(err, &named) {
		return named.Err
	}
	return err
}

// Sign returns the value that SignatureHeader has if the request comes from a holder of the secret.
func Sign(secret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}
