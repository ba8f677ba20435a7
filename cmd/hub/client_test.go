package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"exthub/hub/hubtest"
)

// login connects to the hub as a user.
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

// loginCode returns the code that a login with a UserSig of the hub's key is answered with.
func (r *hubProcess) loginCode(user string) int {
	r.t.Helper()
	c := hubtest.Dial(r.t, hubtest.SocketURL(r.url), testTimeout, nil)
	defer c.Close()
	var refused *hubtest.Refusal
	err := c.Call("login", hubtest.LoginParams(1400000000, user, r.userSig(user)), nil)
	if err != nil && !errors.As(err, &refused) {
		r.t.Fatal(err)
	} else if err == nil {
		return 0
	}
	return refused.Code
}

// restCode returns the code that a call about a group which is not there is answered with.
func (r *hubProcess) restCode(user string) int {
	r.t.Helper()
	answer, err := http.Post(r.url+"/v4/group_open_http_svc/destroy_group?"+r.query(user), "application/json",
		strings.NewReader(`{"GroupId":"nowhere"}`))
	if err != nil {
		r.t.Fatal(err)
	}
	defer answer.Body.Close()
	var reply struct{ ErrorCode int }
	if err := json.NewDecoder(answer.Body).Decode(&reply); err != nil {
		r.t.Fatal(err)
	}
	return reply.ErrorCode
}

// query returns the query of a REST call.
func (r *hubProcess) query(user string) string {
	r.t.Helper()
	return url.Values{
		"sdkappid": {"1400000000"}, "identifier": {user}, "usersig": {r.userSig(user)},
		"random": {"1"}, "contenttype": {"json"},
	}.Encode()
}

// raw sends a request as it is and returns all that comes back until the connection is closed.
func raw(t *testing.T, address, request string) string {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(testTimeout)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}
