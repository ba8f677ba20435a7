package hub_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"exthub/hub/hubtest"
)

// TestComingAndGoingIsTold: somebody is removed from a group and added again on a live session, and
// nothing says that changes in between were not told, so the client waits for ever for what it
// missed. Every session of a user hears when the user comes, with the Seq from which on it is told
// of changes, and when and why the user goes.
func TestComingAndGoingIsTold(t *testing.T) {
	w := hubtest.Start(t)
	ada, bo, phone := w.Login("ada"), w.Login("bo"), w.Login("bo")
	createGroup(ada, "Public", "club", "bo")
	id := ada.Send("GROUP", "club").ID
	type told struct {
		GroupID, Reason  string
		StartSeq, EndSeq uint64
	}
	both := func(method, reason string) told {
		t.Helper()
		var first told
		for i, c := range []*hubtest.Client{bo, phone} {
			f := c.Membership()
			var got told
			if err := json.Unmarshal(f.Params, &got); err != nil {
				t.Fatal(err)
			}
			if f.Method != method || got.GroupID != "club" || got.Reason != reason || i > 0 && got != first {
				t.Fatalf("%s %s, want %s %s, the same for both", f.Method, f.Params, method, reason)
			}
			first = got
		}
		return first
	}
	both("GROUP_JOINED", "")
	for round, step := range []struct {
		reason string
		goes   func()
		comes  func()
	}{
		{"removed", func() {
			ada.Must("deleteGroupMember", object{"groupID": "club", "userIDList": []string{"bo"}}, nil)
		}, func() {
			ada.Must("addGroupMember", object{"groupID": "club", "userIDList": []string{"bo"}}, nil)
		}},
		{"quit", func() {
			phone.Must("quitGroup", object{"groupID": "club"}, nil)
		}, func() {
			bo.Must("joinGroup", object{"groupID": "club"}, nil)
		}},
	} {
		step.goes()
		left := both("GROUP_LEFT", step.reason)
		missed, _ := ada.Set(id, fmt.Sprintf("missed %d", round), "1", 0)
		step.comes()
		joined := both("GROUP_JOINED", "")
		if !(left.EndSeq < missed.Seq && missed.Seq < joined.StartSeq) {
			t.Fatalf("gone at %+v, missed %+v, back at %+v", left, missed, joined)
		}
		seen, _ := ada.Set(id, fmt.Sprintf("seen %d", round), "1", 0)
		if seen.Seq < joined.StartSeq {
			t.Fatalf("back at %+v, then %+v", joined, seen)
		}
		for _, c := range []*hubtest.Client{bo, phone} {
			var event struct{ LatestSeq uint64 }
			err := json.Unmarshal([]byte(c.Await("MESSAGE_EXTENSIONS_UPDATED")), &event)
			if err != nil || event.LatestSeq != seen.Seq {
				t.Fatalf("told of %+v, want %+v", event, seen)
			}
		}
	}
	ada.Must("dismissGroup", object{"groupID": "club"}, nil)
	both("GROUP_LEFT", "dismissed")
}
