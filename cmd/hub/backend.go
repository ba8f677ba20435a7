package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// backend calls a hub over REST, as an app admin.
type backend struct {
	client *http.Client
	url    string // of the hub, without a path
	appID  uint64
	user   string
	sig    string
}

const (
	calledTooOften = 60007 // more calls of a command than --rest-rate lets pass
	callPause      = 100 * time.Millisecond
	maxReply       = 8 << 20
)

// call calls a command, and again while the hub says that it is called too often. It returns an
// error for every reply that is not OK.
func (b *backend) call(ctx context.Context, command string, request, reply any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	for {
		text, err := b.post(ctx, command, body)
		if err != nil {
			return err
		}
		var envelope struct {
			ErrorCode int
			ErrorInfo string
		}
		if err := json.Unmarshal(text, &envelope); err != nil {
			return fmt.Errorf("%s answers %.100q: %w", b.url, text, err)
		}
		switch envelope.ErrorCode {
		case 0:
			return json.Unmarshal(text, reply)
		case calledTooOften:
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(callPause):
			}
		default:
			return fmt.Errorf("the hub refuses with %d: %s", envelope.ErrorCode, envelope.ErrorInfo)
		}
	}
}

func (b *backend) post(ctx context.Context, command string, body []byte) ([]byte, error) {
	query := url.Values{
		"sdkappid": {strconv.FormatUint(b.appID, 10)}, "identifier": {b.user}, "usersig": {b.sig},
		"random": {"1"}, "contenttype": {"json"},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url+"/v4/"+command+"?"+query.Encode(),
		bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	response, err := b.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%s does not answer: %w", b.url, withoutURL(err))
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxReply))
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers with status %s", b.url, response.Status)
	}
	return text, err
}

// withoutURL returns the cause of an error of a request. The URL has the UserSig.
func withoutURL(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}
