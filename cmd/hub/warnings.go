package main

import (
	"net/url"
	"os"
	"slices"
)

// warnings returns what is allowed but should be known, a sentence each: settings that are right in
// one place and an open door in another.
func (c *Config) warnings() []string {
	var list []string
	warn := func(when bool, sentence string) {
		if when {
			list = append(list, sentence)
		}
	}
	public := !isLoopback(c.Addr)
	warn(public && len(c.TrustedProxy) == 0, "--addr can be reached from other machines and speaks plain HTTP, "+
		"where UserSigs can be read on the way: put a proxy with TLS in front, and name it by --trusted-proxy")
	warn(public && slices.Contains(c.Admin, "admin"), "the app admin has the name that everybody tries: "+
		"set --admin to another, and let the backend sign no UserSig for a visitor who picks it")
	warn(c.AdminAddr != "" && !isLoopback(c.AdminAddr), "--admin-addr can be reached from other machines, "+
		"and asks nobody who they are: let a firewall keep it to your probes and Prometheus")
	if hook, err := url.Parse(c.WebhookURL); c.WebhookURL != "" && err == nil && !isLoopback(hook.Host) {
		warn(hook.Scheme == "http", "--webhook-url goes over plain HTTP to another machine: "+
			"what members write can be read on the way; set an https address")
		warn(c.WebhookSecret == "", "webhooks are not signed, so anybody can send the backend what looks like one: "+
			"set --webhook-secret")
	}
	if info, err := os.Stat(c.SecretKeyFile); c.SecretKeyFile != "" && err == nil {
		warn(info.Mode().Perm()&0o077 != 0, "--secret-key-file can be read by others of this machine, "+
			"and who reads it is every user: chmod 600")
	}
	return list
}
