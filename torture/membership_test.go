package torture

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"exthub/hub/hubtest"
)

// guests is how many users are added to the club and removed from it all the time.
const guests = 2

// membership is a group whose members change all the time: on every hub somebody adds and removes
// guests, and every guest tries on every hub whether it may write and read.
type membership struct {
	w       *world
	message string

	mu      sync.Mutex
	changes [guests][]porcupine.Operation
	probes  map[[2]int][]porcupine.Operation // by guest and hub
	ids     int
}

const club = "club"

func guest(i int) string { return fmt.Sprint("guest", i) }

// newMembership makes the group, with all guests, and its message.
func newMembership(w *world) *membership {
	m := &membership{w: w, probes: make(map[[2]int][]porcupine.Operation)}
	var users []string
	for i := range guests {
		users = append(users, guest(i))
	}
	w.makeGroup(club, users)
	m.message = w.send(club)
	return m
}

// start starts those who change and those who try, until ctx ends.
func (m *membership) start(ctx context.Context, running *sync.WaitGroup) {
	for hub := range m.w.instances {
		running.Go(func() {
			m.w.act(ctx, 2*m.w.writeInterval, hub, "owner", m.change)
		})
		for i := range guests {
			running.Go(func() {
				m.w.act(ctx, 2*m.w.writeInterval, hub, guest(i), func(ctx context.Context, s *hubtest.Session) {
					m.try(ctx, s, i, hub)
				})
			})
		}
	}
}

// memberCall is a change of a guest's membership or, with an empty kind, a guest's try.
type memberCall struct{ kind string }

// memberResult is what became of it: the guest is a member, or was one before the change.
type memberResult struct{ lost, member bool }

// change adds a guest or removes it.
func (m *membership) change(ctx context.Context, s *hubtest.Session) {
	i, in := rand.N(guests), memberCall{"add"}
	method := "addGroupMember"
	if rand.N(2) == 0 {
		in.kind, method = "remove", "deleteGroupMember"
	}
	var got struct{ SuccessUserIDList, ExistedUserIDList, UserIDList []string }
	from := m.w.elapsed()
	err := s.Call(ctx, method, object{"groupID": club, "userIDList": []string{guest(i)}}, &got)
	to := m.w.elapsed()
	out := memberResult{member: slices.Contains(slices.Concat(got.ExistedUserIDList, got.UserIDList), guest(i))}
	switch {
	case nothingWritten(err), m.w.wiped.Load() && isGone(err):
		return // left out of the history, which is wrong if it shows up after all
	case outcomeUnknown(err):
		out.lost = true
	case err != nil:
		m.w.violation("%s of %s was refused: %v", method, guest(i), err)
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.changes[i] = append(m.changes[i], m.operation(in, out, from, to))
}

// try lets a guest set a pair or read, which only a member may.
func (m *membership) try(ctx context.Context, s *hubtest.Session, i, hub int) {
	from := m.w.elapsed()
	var err error
	if rand.N(2) == 0 {
		err = s.Call(ctx, "getMessageExtensions", object{"messageID": m.message}, nil)
	} else {
		err = s.Call(ctx, "setMessageExtensions", hubtest.SetParams(m.message, guest(i), fmt.Sprint(from), 0), nil)
	}
	to := m.w.elapsed()
	switch code := hubtest.Code(err); {
	case outcomeUnknown(err), m.w.wiped.Load() && isGone(err):
		return // it proves nothing
	case err != nil && code != codeNotPermitted:
		m.w.violation("%s was refused: %v", guest(i), err)
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	at := [2]int{i, hub}
	m.probes[at] = append(m.probes[at], m.operation(memberCall{}, memberResult{member: err == nil}, from, to))
}

func (m *membership) operation(in memberCall, out memberResult, from, to time.Duration) porcupine.Operation {
	m.ids++
	return porcupine.Operation{
		ClientId: m.ids, Input: in, Call: int64(from), Output: out, Return: int64(to),
	}
}

// verify checks for every guest and every hub that one order of all changes and of what the guest
// was told there explains every answer. Each hub has an order of its own: it may know of a change
// before another one does, but every hub knows when the change is acknowledged, on whichever.
func (m *membership) verify() (operations int) {
	for i := range guests {
		operations += len(m.changes[i])
		for hub := range m.w.instances {
			probes := m.probes[[2]int{i, hub}]
			operations += len(probes)
			if err := membershipLinearizable(slices.Concat(m.changes[i], probes)); err != nil {
				m.w.violation("%s on hub %d: %v", guest(i), hub, err)
			}
		}
	}
	return operations
}

func membershipLinearizable(history []porcupine.Operation) error {
	last := int64(0)
	for _, op := range history {
		last = max(last, op.Return)
	}
	for i := range history {
		if history[i].Output.(memberResult).lost {
			history[i].Return = last + 1 // it may still happen
		}
	}
	verdict, info := porcupine.CheckOperationsVerbose(membershipModel.ToModel(), history, testTimeout)
	if verdict == porcupine.Ok {
		return nil
	}
	return fmt.Errorf("a membership of %d operations: %v; %s", len(history), verdict,
		describeMisfit(history, info.PartialLinearizationsOperations()))
}

// membershipModel is whether a guest is a member. At first it is.
var membershipModel = porcupine.NondeterministicModel{
	Init:  func() []any { return []any{true} },
	Equal: func(a, b any) bool { return a == b },
	Step: func(s, in, out any) []any {
		member, call, result := s.(bool), in.(memberCall), out.(memberResult)
		after := call.kind == "add" || call.kind == "" && member
		switch {
		case result.lost:
			return []any{member, after}
		case result.member != member:
			return nil
		}
		return []any{after}
	},
	DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v -> %+v", in, out) },
}

// TestMembershipModel: the model accepts what it must, and rejects what it must.
func TestMembershipModel(t *testing.T) {
	op := func(from, to int, kind string, out memberResult) porcupine.Operation {
		return porcupine.Operation{Call: int64(from), Return: int64(to), Input: memberCall{kind}, Output: out}
	}
	was, wasNot, lost := memberResult{member: true}, memberResult{}, memberResult{lost: true}
	for _, c := range []struct {
		name    string
		right   bool
		history []porcupine.Operation
	}{
		{"removed, and refused", true, []porcupine.Operation{op(0, 1, "remove", was), op(2, 3, "", wasNot)}},
		{"removed, and let in", false, []porcupine.Operation{op(0, 1, "remove", was), op(2, 3, "", was)}},
		{"let in while it is removed", true, []porcupine.Operation{op(0, 3, "remove", was), op(1, 2, "", was)}},
		{"let in after it was refused", false, []porcupine.Operation{op(0, 9, "remove", was), op(1, 2, "", wasNot),
			op(3, 4, "", was)}},
		{"added, and refused", false, []porcupine.Operation{op(0, 1, "remove", was), op(2, 3, "add", wasNot),
			op(4, 5, "", wasNot)}},
		{"was a member already, and refused", false, []porcupine.Operation{op(0, 1, "add", was), op(2, 3, "", wasNot)}},
		{"unanswered, and it happened late", true, []porcupine.Operation{op(0, 1, "remove", lost), op(2, 3, "", was),
			op(4, 5, "", wasNot)}},
		{"unanswered, and it was undone", false, []porcupine.Operation{op(0, 1, "remove", lost), op(2, 3, "", wasNot),
			op(4, 5, "", was)}},
	} {
		if err := membershipLinearizable(c.history); (err == nil) != c.right {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
