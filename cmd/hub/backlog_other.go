//go:build !linux

package main

import "net"

// refuseNew reports that it can't: only of Linux we know a way.
func refuseNew(net.Listener) bool { return false }

// acceptAgain has nothing to undo.
func acceptAgain(*net.TCPConn) {}
