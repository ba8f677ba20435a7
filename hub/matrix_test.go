package hub_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"exthub/hub"
	"exthub/hub/hubtest"
	"exthub/hub/rest"
)

// The roles that a caller can have in a conversation. Each is the name of a user, who has that role
// in every conversation of the matrix. In a one-to-one conversation the owner is the sender and the
// member the receiver.
const (
	roleStranger   = "stranger"
	roleMember     = "member"
	roleGroupAdmin = "groupadmin"
	roleOwner      = "owner"
	roleAppAdmin   = hubtest.Admin
	roleGuest      = "guest" // has another name, which it did not choose
)

// c2c stands among the group types for a conversation of two, and open for a Public group that is
// open to guests, where the message has rules that say write own.
const (
	c2c        = "C2C"
	avChatRoom = "AVChatRoom"
	open       = "open to guests"
)

// deed is something that can be asked of a hub, at one door or at both.
type deed struct {
	method  string // at the WebSocket door, or ""
	command string // at the REST door, or ""
	group   bool   // it is about groups alone, or about conversations of two alone
	pair    bool
	params  func(place) object
	body    func(place) object
	want    func(kind, role string) int // the code that it is answered with
}

// place is a conversation with a message of its owner, made for one deed.
type place struct {
	kind, id  string // id is the message's
	groupID   string
	msgKey    string
	msgSeq    int
	key       string // of the caller's own pair
	message   object // what names the message at the REST door
	converses string // its conversationID, for the receiver's side of a conversation of two
}

// mayTouch is what a deed on a message's pairs is answered with, if the pair is the caller's own.
func mayTouch(kind, role string) int {
	switch {
	case role == roleStranger, role == roleGuest && kind != open:
		return 10007
	case kind == avChatRoom:
		return 23002
	}
	return 0
}

// mayTakePart is what a deed is answered with that everybody but strangers and guests may do.
func mayTakePart(_, role string) int { return allowed(role != roleStranger && role != roleGuest) }

// mayRead is mayTakePart, and for guests where it is open to them.
func mayRead(kind, role string) int {
	if role == roleGuest {
		return allowed(kind == open)
	}
	return mayTakePart(kind, role)
}

// mayClear is mayTouch, but where everybody has a pair of their own, nobody clears all.
func mayClear(kind, role string) int {
	if kind == open {
		return allowed(role == roleAppAdmin)
	}
	return mayTouch(kind, role)
}

// mayClose is mayTouch, but most of these messages have no rules, so nobody can close them; and
// that of the open group is the app admin's. See TestCloseAtBothDoors.
func mayClose(kind, role string) int {
	if kind == open {
		return allowed(role == roleAppAdmin)
	}
	if code := mayTouch(kind, role); code != 0 || role == roleGuest {
		return code
	}
	return 10004
}

func anybody(string, string) int { return 0 }

func anyUser(_, role string) int { return allowed(role != roleGuest) }

func allowed(yes bool) int {
	if yes {
		return 0
	}
	return 10007
}

func mayJoin(kind, role string) int {
	inside := role == roleMember || role == roleGroupAdmin || role == roleOwner
	if role == roleGuest {
		return allowed(kind == open)
	}
	return allowed(inside || kind != "Private")
}

func mayQuit(kind, role string) int {
	switch {
	case role == roleStranger, role == roleAppAdmin, role == roleGuest:
		return 10007
	case role == roleOwner && kind != "Private":
		return 10009
	}
	return 0
}

func mayDismiss(_, role string) int { return allowed(role == roleOwner || role == roleAppAdmin) }

func mayAdd(kind, role string) int {
	switch kind {
	case avChatRoom:
		return 10007
	case "Private", "Community":
		return mayTakePart(kind, role)
	}
	return allowed(role == roleGroupAdmin || role == roleOwner || role == roleAppAdmin)
}

func mayRemove(kind, role string) int {
	return allowed(role == roleOwner || role == roleAppAdmin || role == roleGroupAdmin && kind != "Private")
}

// mayRecall is what is answered to the recall of a message that the owner has sent. A group's admin
// may, at the WebSocket door.
func mayRecall(_, role string) int {
	return allowed(role == roleOwner || role == roleAppAdmin || role == roleGroupAdmin)
}

// mayWriteOthers is mayTouch, but where everybody has a pair of their own, nobody writes another.
func mayWriteOthers(kind, role string) int {
	if kind == open {
		return allowed(role == roleAppAdmin)
	}
	return mayTouch(kind, role)
}

// mayMarkRead is mayTakePart of those who have a list that the conversation stands in.
func mayMarkRead(_, role string) int {
	return allowed(role != roleStranger && role != roleAppAdmin && role != roleGuest)
}

func nobody(string, string) int { return 10007 }

func isTaken(_, role string) int {
	switch role {
	case roleOwner:
		return 10025
	case roleGuest:
		return 10007
	}
	return 10021
}

// with returns the message's name with what else a call says.
func (p place) with(change object) object {
	o := maps.Clone(p.message)
	maps.Copy(o, change)
	return o
}

func ofMessage(p place) object   { return object{"messageID": p.id} }
func ofGroup(p place) object     { return object{"groupID": p.groupID} }
func ofGroupREST(p place) object { return object{"GroupId": p.groupID} }

// extensionDeeds are the deeds on pairs at the two doors, with the command's name for each kind of
// conversation.
func extensionDeeds() (all []deed) {
	none := func(place) object { return object{} }
	for _, d := range []struct {
		method, command string
		want            func(kind, role string) int
		params, body    func(place) object
	}{
		{"setMessageExtensions", "set_key_values", mayTouch, func(p place) object {
			return object{"extensions": []object{{"key": p.key, "value": "v", "seq": 0}}}
		}, func(p place) object {
			return object{"OperateType": 1, "ExtensionList": []object{{"Key": p.key, "Value": "v", "Seq": 0}}}
		}},
		{"deleteMessageExtensions", "set_key_values", mayTouch, func(p place) object {
			return object{"extensions": []object{{"key": p.key, "seq": 0}}}
		}, func(p place) object {
			return object{"OperateType": 2, "ExtensionList": []object{{"Key": p.key, "Seq": 0}}}
		}},
		{"setMessageExtensions", "set_key_values", mayWriteOthers, func(place) object {
			return object{"extensions": []object{{"key": "victim", "value": "v", "seq": 0}}}
		}, func(place) object {
			return object{"OperateType": 1, "ExtensionList": []object{{"Key": "victim", "Value": "v", "Seq": 0}}}
		}},
		{"deleteMessageExtensions", "set_key_values", mayClear,
			func(place) object { return object{"clear": true} },
			func(place) object { return object{"OperateType": 3} }},
		{"getMessageExtensions", "get_key_values", mayTouch, none, none},
		{"getMessageExtensionSummary", "get_key_values_summary", mayTouch, none, none},
		{"closeMessageExtensions", "close_key_values", mayClose, none, none},
	} {
		params := func(p place) object {
			o := d.params(p)
			o["messageID"] = p.id
			return o
		}
		body := func(p place) object { return p.with(d.body(p)) }
		const service = "openim_msg_ext_http_svc/"
		all = append(all,
			deed{method: d.method, params: params, want: d.want},
			deed{command: service + d.command, pair: true, body: body, want: d.want},
			deed{command: service + "group_" + d.command, group: true, body: body, want: d.want})
	}
	return all
}

// deeds are all that can be asked at both doors.
func deeds() []deed {
	text := func(p place) object {
		to, kind := p.groupID, "GROUP"
		if p.kind == c2c {
			to, kind = "receiver", "C2C"
		}
		return object{"to": to, "conversationType": kind, "type": "TIMTextElem", "payload": object{"text": "hi"}}
	}
	members := func(ids ...string) func(place) object {
		return func(p place) object { return object{"groupID": p.groupID, "userIDList": ids} }
	}
	const groups = "group_open_http_svc/"
	return append(extensionDeeds(),
		deed{method: "ping", params: func(place) object { return object{} }, want: anybody},
		// Everybody may write to everybody, and reads their own conversations only.
		deed{method: "sendMessage", params: text, pair: true, want: anyUser},
		deed{method: "sendMessage", params: text, group: true, want: mayTakePart},
		deed{command: "openim/sendmsg", pair: true, want: anybody, body: func(place) object {
			return object{"To_Account": "receiver", "MsgBody": hubtest.TextBody("hi")}
		}},
		deed{command: groups + "send_group_msg", group: true, want: mayTakePart, body: func(p place) object {
			return object{"GroupId": p.groupID, "MsgBody": hubtest.TextBody("hi")}
		}},
		deed{method: "getMessageList", pair: true, want: anyUser, params: func(p place) object {
			return object{"conversationID": p.converses}
		}},
		deed{method: "getMessageList", group: true, want: mayRead, params: func(p place) object {
			return object{"conversationID": p.converses}
		}},
		deed{method: "getConversationList", params: func(place) object { return object{} }, want: anybody},
		deed{method: "getUserProfile", want: anyUser, params: func(place) object {
			return object{"userIDList": []string{"somebody"}}
		}},
		deed{method: "updateMyProfile", want: anyUser, params: func(place) object {
			return object{"nick": "Somebody"}
		}},
		deed{method: "getGroupList", params: func(place) object { return object{} }, want: anybody},
		deed{method: "getGroupProfile", group: true, params: ofGroup, want: mayTakePart},
		deed{method: "setMessageRead", params: ofMessage, want: mayMarkRead},
		deed{method: "revokeMessage", command: "openim/admin_msgwithdraw", pair: true, want: mayRecall,
			params: ofMessage, body: func(p place) object { return p.message }},
		deed{method: "revokeMessage", command: groups + "group_msg_recall", group: true, want: mayRecall,
			params: ofMessage, body: func(p place) object {
				return object{"GroupId": p.groupID, "MsgSeqList": []object{{"MsgSeq": p.msgSeq}}}
			}},
		deed{method: "createGroup", command: groups + "create_group", group: true, want: isTaken,
			params: func(p place) object { return object{"name": "n", "type": "Public", "groupID": p.groupID} },
			body:   func(p place) object { return object{"Name": "n", "Type": "Public", "GroupId": p.groupID} }},
		deed{method: "joinGroup", group: true, params: ofGroup, want: mayJoin},
		deed{method: "quitGroup", group: true, params: ofGroup, want: mayQuit},
		deed{method: "dismissGroup", command: groups + "destroy_group", group: true, want: mayDismiss,
			params: ofGroup, body: ofGroupREST},
		deed{method: "getGroupMemberList", command: groups + "get_group_member_info", group: true, want: mayTakePart,
			params: ofGroup, body: ofGroupREST},
		deed{method: "addGroupMember", command: groups + "add_group_member", group: true, want: mayAdd,
			params: members("newcomer"), body: func(p place) object {
				return object{"GroupId": p.groupID, "MemberList": hubtest.Members("newcomer")}
			}},
		deed{method: "deleteGroupMember", command: groups + "delete_group_member", group: true, want: mayRemove,
			params: members("victim"), body: func(p place) object {
				return object{"GroupId": p.groupID, "MemberToDel_Account": []string{"victim"}}
			}},
		deed{method: "deleteGroupMember", command: groups + "delete_group_member", group: true, want: nobody,
			params: members(roleOwner), body: func(p place) object {
				return object{"GroupId": p.groupID, "MemberToDel_Account": []string{roleOwner}}
			}},
		deed{command: "im_open_login_svc/kick", want: anybody, body: func(place) object {
			return object{"UserID": "somebody"}
		}},
		deed{command: "im_open_login_svc/account_delete", want: anybody, body: func(place) object {
			return object{"DeleteItem": []object{{"UserID": "somebody"}}}
		}},
	)
}

// matrix makes the places and counts what was tried in them.
type matrix struct {
	t        *testing.T
	w        *hubtest.World
	b        *hubtest.Backend
	sessions map[string]*hubtest.Client
	guest    hubtest.Ticket
	made     int
	tried    int
}

// place makes a conversation of this kind, in which everybody has their role.
func (m *matrix) place(kind, role string) place {
	m.made++
	p := place{kind: kind, key: role}
	if role == roleGuest {
		p.key = m.guest.UserID
	}
	if kind == c2c {
		p.msgKey = m.b.SendC2C(roleOwner, roleMember, m.made)
		p.id = fmt.Sprintf("c.%s.%s.%s", roleOwner, roleMember, p.msgKey)
		p.message = object{"From_Account": roleOwner, "To_Account": roleMember, "MsgKey": p.msgKey}
		p.converses = "C2C" + roleMember
		return p
	}
	p.groupID = fmt.Sprint("group", m.made)
	create := object{"Type": kind, "Name": "n", "GroupId": p.groupID, "Owner_Account": roleOwner,
		"ApplyJoinOption": "FreeAccess"}
	if kind == open {
		create["Type"], create["GuestAccess"] = "Public", 1
	}
	if kind != avChatRoom {
		create["MemberList"] = append(hubtest.Members(roleMember, "victim"),
			object{"Member_Account": roleGroupAdmin, "Role": "Admin"})
	}
	m.b.Must("group_open_http_svc/create_group", create, nil)
	if kind == avChatRoom {
		for _, user := range []string{roleMember, "victim"} {
			m.sessions[user].Must("joinGroup", object{"groupID": p.groupID}, nil)
		}
	}
	if kind == open {
		p.msgSeq = m.sendOwn(p.groupID)
	} else {
		p.msgSeq = m.b.SendGroup(p.groupID, m.made)
	}
	p.id = fmt.Sprintf("g.%s.%d", p.groupID, p.msgSeq)
	p.message = object{"GroupId": p.groupID, "MsgSeq": p.msgSeq}
	p.converses = "GROUP" + p.groupID
	return p
}

// sendOwn sends a message on which everybody has a pair of their own, and returns its MsgSeq.
func (m *matrix) sendOwn(groupID string) int {
	m.t.Helper()
	var sent struct{ MsgSeq int }
	m.b.Must("group_open_http_svc/send_group_msg", object{
		"GroupId": groupID, "Random": m.made, "SupportMessageExtension": 1, "MsgBody": hubtest.TextBody("hi"),
		"ExtensionRules": object{"Write": "own"},
	}, &sent)
	return sent.MsgSeq
}

// caller returns who calls REST in a role.
func (m *matrix) caller(role string) *hubtest.Backend {
	if role == roleGuest {
		return m.w.Guest(m.guest)
	}
	return m.w.Member(role)
}

// try does the deed at both doors, each in a place of its own.
func (m *matrix) try(d deed, kind, role string) {
	want := d.want(kind, role)
	if d.method != "" {
		m.tried++
		err := m.sessions[role].Call(d.method, d.params(m.place(kind, role)), nil)
		if hubtest.Code(err) != want || err != nil && want == 0 {
			m.t.Errorf("%s, %s, WebSocket %s: %v, want %d", kind, role, d.method, err, want)
		}
	}
	if d.command != "" {
		m.tried++
		if !slices.Contains(forMembers, d.command) && role != roleAppAdmin {
			want = 60010
		}
		e, reply := m.caller(role).Call(d.command, d.body(m.place(kind, role)))
		if e.ErrorCode != want {
			m.t.Errorf("%s, %s, REST %s: %s, want %d", kind, role, d.command, reply, want)
		}
	}
}

// forMembers are the REST commands that are not for app admins alone.
var forMembers = []string{
	"openim_msg_ext_http_svc/set_key_values", "openim_msg_ext_http_svc/get_key_values",
	"openim_msg_ext_http_svc/group_set_key_values", "openim_msg_ext_http_svc/group_get_key_values",
	"openim_msg_ext_http_svc/get_key_values_summary", "openim_msg_ext_http_svc/group_get_key_values_summary",
	"openim_msg_ext_http_svc/close_key_values", "openim_msg_ext_http_svc/group_close_key_values",
}

// TestMatrix: whatever can be asked at either door, of a conversation of any kind, by a caller of
// any role, is answered as the rules say that are written down in this file.
func TestMatrix(t *testing.T) {
	t.Parallel()
	tried := 0
	for _, kind := range []string{c2c, "Private", "Public", "ChatRoom", "Community", avChatRoom, open} {
		t.Run(kind, func(t *testing.T) {
			// A hub for each, because nobody may be in more than 1,000 groups. On a slow machine a
			// role is not asked for longer than a silent client may be.
			w := hubtest.Start(t, withGuests, func(o *hub.Options) { o.Heartbeat = time.Hour })
			m := &matrix{t: t, w: w, b: w.Backend(), sessions: make(map[string]*hubtest.Client)}
			m.tryAll(kind)
			tried += m.tried
		})
	}
	asked := map[string]bool{"login": true, "logout": true}
	for _, d := range deeds() {
		asked[d.method], asked[d.command] = true, true
	}
	for _, name := range append(hub.Methods(), rest.Commands()...) {
		if !asked[name] {
			t.Errorf("%s is not in the matrix", name)
		}
	}
	t.Logf("%d cells of method, role and kind of conversation over both doors", tried)
}

// tryAll does every deed in every role.
func (m *matrix) tryAll(kind string) {
	for _, user := range []string{roleStranger, roleMember, roleGroupAdmin, roleOwner, roleAppAdmin, "victim"} {
		m.sessions[user] = m.w.Login(user)
	}
	m.sessions[roleGuest], m.guest = m.w.LoginGuest()
	for _, d := range deeds() {
		if kind == c2c && d.group || kind != c2c && d.pair {
			continue
		}
		for _, role := range []string{roleStranger, roleMember, roleGroupAdmin, roleOwner, roleAppAdmin, roleGuest} {
			if role == roleGroupAdmin && (kind == c2c || kind == avChatRoom) {
				continue // there is none
			}
			m.try(d, kind, role)
		}
	}
}
