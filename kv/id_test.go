package kv

import (
	"errors"
	"testing"
)

func TestMessageID(t *testing.T) {
	for _, r := range []Ref{
		{From: "62768", To: "116400", MsgKey: "44739199_12_1665388280"},
		{From: "a.b", To: "c d*>", MsgKey: "1_2_3"},
		{GroupID: "@TGS#3ABC", MsgSeq: 1},
		{GroupID: "用户", MsgSeq: 18446744073709551615},
	} {
		got, err := ParseMessageID(r.ID())
		if err != nil || got != r {
			t.Errorf("%s came back as %+v, %v", r.ID(), got, err)
		}
	}
	if id := (Ref{GroupID: "@TGS#1", MsgSeq: 7}).ID(); id != "g.=40TGS=231.7" {
		t.Errorf("public form is %s", id)
	}
	if C2CConversation("bob", "ann") != C2CConversation("ann", "bob") {
		t.Error("a conversation has two names")
	}
}

func TestNotAMessageID(t *testing.T) {
	for _, id := range []MessageID{
		"", ".", "c", "c.a.b", "c.a.b.c.d", "g.team", "g.team.x", "g.team.01", "g.team.-1", "g..1", "c..b.1", "x.a.1",
		"g.te am.1", "g.te>am.1", "g.te*.1", "g.=61.1", "g.=4.1", "g.=zz.1", "g.=2a.1", "g._._",
		"g.team.18446744073709551616",
	} {
		if ref, err := ParseMessageID(id); !errors.Is(err, ErrMessageID) {
			t.Errorf("%q is taken for %+v", id, ref)
		}
	}
}

func FuzzToken(f *testing.F) {
	for _, s := range []string{"ann", "a.b", "=", "=3D", "🙂", "\x00\xff", ">", "*", " "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if s != "" {
			token := encodeToken(s)
			for i := range len(token) {
				if !isPlain(token[i]) && token[i] != '=' {
					t.Fatalf("%q becomes %q", s, token)
				}
			}
			if back, err := decodeToken(token); err != nil || back != s {
				t.Fatalf("%q becomes %q becomes %q, %v", s, token, back, err)
			}
		}
		if decoded, err := decodeToken(s); err == nil && encodeToken(decoded) != s {
			t.Fatalf("%q and %q mean the same", s, encodeToken(decoded))
		}
	})
}

func FuzzMessageID(f *testing.F) {
	f.Add("g.team.1")
	f.Add("c.a.b.1_2_3")
	f.Fuzz(func(t *testing.T, s string) {
		if ref, err := ParseMessageID(MessageID(s)); err == nil && string(ref.ID()) != s {
			t.Fatalf("%q and %q are the same message", s, ref.ID())
		}
		if at, err := parseKey(s); err == nil && at.object != "" && at.object+"."+at.suffix != s {
			t.Fatalf("key %q comes apart as %+v", s, at)
		}
	})
}
