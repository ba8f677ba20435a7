package main

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"exthub/hub/webhook"
	"exthub/kv"
)

// webhooks is the goroutine that posts changes to the app's backend.
type webhooks struct {
	stop context.CancelFunc
	done chan struct{}
}

// startWebhooks starts the goroutine, or returns nil without --webhook-url.
func startWebhooks(ctx context.Context, c *Config, store *kv.Store, metrics *prometheus.Registry) (*webhooks, error) {
	if c.WebhookURL == "" {
		return nil, nil
	}
	sender, err := webhook.New(ctx, store,
		webhook.Options{URL: c.WebhookURL, Secret: c.WebhookSecret, SDKAppID: c.SDKAppID})
	if err != nil {
		return nil, fmt.Errorf("--webhook-url: %w", err)
	}
	metrics.MustRegister(sender)
	running, stop := context.WithCancel(context.Background())
	w := &webhooks{stop, make(chan struct{})}
	go func() {
		defer close(w.done)
		sender.Run(running)
	}()
	return w, nil
}

// close stops the goroutine. A request that is under way is cancelled, and repeated by the next
// hub.
func (w *webhooks) close() {
	w.stop()
	<-w.done
}
