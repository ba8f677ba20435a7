package events

import (
	"testing"

	"exthub/kv"
)

// A group is dismissed while a guest's session is about to follow it, and one of the same name is
// made that is not open to guests: the session has to look again, and hears nothing.
func TestFollowOfADismissedGroup(t *testing.T) {
	b := New(Options{})
	guest := &session{id: "guest"}
	b.Attach(guest, "guest")
	b.Join(guest, "guest", nil)

	asOf := b.Dismissals()
	b.Publish(kv.Delta{Ref: kv.Ref{GroupID: "team"}, Dissolved: true, Revision: 2})
	if b.Follow(guest, "guest", "team", asOf) {
		t.Error("follows a group that is gone")
	}
	b.Publish(pairs("team", 3, "k"))
	if got := guest.frames(); len(got) != 0 {
		t.Errorf("got %s", got)
	}

	if !b.Follow(guest, "guest", "team", b.Dismissals()) {
		t.Fatal("does not follow the next one")
	}
	b.Publish(pairs("team", 4, "k"))
	if got := guest.frames(); len(got) != 1 {
		t.Errorf("got %s", got)
	}
	b.Detach(guest, "guest")
	if b.Follow(guest, "guest", "team", b.Dismissals()); len(b.groups) != 0 {
		t.Error("a session that is gone is in a group")
	}
}

// A group is dismissed between the moment in which a login reads that its user is a member and the
// moment in which the session enters it, and somebody else makes one of the same name: the session
// hears nothing of that, and is in no group.
func TestDismissedWhileLoggingIn(t *testing.T) {
	b := New(Options{})
	s := &session{id: "eve's"}
	b.Attach(s, "eve")
	b.Publish(kv.Delta{Ref: kv.Ref{GroupID: "team"}, Dissolved: true, Revision: 2})
	b.Join(s, "eve", []string{"team"})
	b.Publish(kv.Delta{
		Ref: kv.Ref{GroupID: "team"}, Members: []kv.MemberChange{{UserID: "ann", Joined: true, Seq: 3}},
	})
	b.Publish(pairs("team", 4, "k"))
	if got := s.frames(); len(got) != 0 || len(b.groups) != 0 {
		t.Errorf("who is no member got %s, and %d groups are left", got, len(b.groups))
	}
	b.Detach(s, "eve")
	if len(b.joining) != 0 {
		t.Error("a session that is gone is about to join")
	}
}
