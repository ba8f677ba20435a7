package main

import (
	"crypto/x509"
	"errors"
	"strings"

	"github.com/nats-io/nats.go"
)

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
	case errors.Is(err, nats.ErrNoInfoReceived) || strings.Contains(err.Error(), "expected 'INFO'"):
		return "what answers at --nats-url is no NATS, or not its port for clients, which is 4222 by default"
	case strings.Contains(err.Error(), "nkey") || strings.Contains(err.Error(), "user jwt"):
		return "--nats-creds has no credentials in it"
	}
	return ""
}
