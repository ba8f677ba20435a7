package main

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"exthub/hub/webhook"
	"exthub/kv"
)

// webhooks is the pump that tells the backend of changes.
type webhooks struct {
	stop context.CancelFunc
	done chan struct{}
}

// startWebhooks starts the pump, or returns nil if nobody wants to be told.
func startWebhooks(ctx context.Context, c *Config, store *kv.Store, metrics *prometheus.Registry) (*webhooks, error) {
	if c.WebhookURL == "" {
		return nil, nil
	}
	sender, err := webhook.New(ctx, store, webhook.Options{URL: c.WebhookURL, Secret: c.WebhookSecret, SDKAppID: c.SDKAppID})
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

// close stops the pump. A request that is under way is broken off, and repeated by the next hub.
func (w *webhooks) close() {
	w.stop()
	<-w.done
}
