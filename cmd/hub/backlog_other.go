//go:build !linux

package main

import "net"

// refuseNew reports that it can't: only Linux lets a program filter what comes to its socket.
func refuseNew(net.Listener) bool { return false }
