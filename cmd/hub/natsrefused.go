package main

import (
	"crypto/x509"
	"errors"
	"log/slog"
	"strings"

	"github.com/nats-io/nats.go"
)

// refusedLog says why a node can't be connected to, where a setting is the reason: it may be wrong
// for as long as the hub runs, and the client tries on without a word. Each reason is said once
// until there is a connection. The client calls it on one goroutine.
type refusedLog struct{ last string }

// explains logs what is wrong with the settings, and reports whether that is what the error is
// about.
func (l *refusedLog) explains(err error) bool {
	reason := refusedReason(err)
	if reason != "" && reason != l.last {
		slog.Error("NATS: "+reason+"; trying on", "error", err)
		l.last = reason
	}
	return reason != ""
}

// refusedReason returns what is wrong with the settings, or "" if it is something else. No address
// is in it, which may hold a password.
func refusedReason(err error) string {
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &authority):
		return "the certificate is from none of the authorities in --nats-ca, or of the system without it"
	case errors.As(err, &host):
		return "the certificate is not for the host in --nats-url"
	case errors.As(err, &invalid):
		return "the certificate can't be accepted, as one that has expired"
	case errors.Is(err, nats.ErrSecureConnWanted):
		return "the node offers no TLS, which --nats-ca and tls:// ask for"
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired),
		errors.Is(err, nats.ErrAuthRevoked), errors.Is(err, nats.ErrAccountAuthExpired):
		return "the node refuses the user in --nats-url or --nats-creds"
	case strings.Contains(err.Error(), "nkey") || strings.Contains(err.Error(), "user jwt"):
		return "--nats-creds has no credentials in it"
	}
	return ""
}
