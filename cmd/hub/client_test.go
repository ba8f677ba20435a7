package main

import (
	"fmt"

	"exthub/hub/hubtest"
)

// login connects to the hub as a user with the demo's UserSig.
func (r *hubProcess) login(user string) *hubtest.Client {
	r.t.Helper()
	c := hubtest.Dial(r.t, hubtest.SocketURL(r.url), testTimeout, nil)
	c.Login(hubtest.LoginParams(1400000000, user, r.userSig(user)))
	return c
}

// set creates one pair and returns its Seq. It returns an error instead of failing the test, for
// clients that write until the hub is gone.
func set(c *hubtest.Client, message, key, value string) (uint64, error) {
	var reply hubtest.Changed
	err := c.Call("setMessageExtensions", hubtest.SetParams(message, key, value, 0), &reply)
	if err != nil {
		return 0, err
	}
	if e := reply.Extensions[0]; e.Code != 0 {
		return 0, fmt.Errorf("set %s: %+v", key, e)
	}
	return reply.Extensions[0].Seq, nil
}
