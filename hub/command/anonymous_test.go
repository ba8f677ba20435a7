package command

import (
	"strings"
	"testing"

	"exthub/kv"
)

// Somebody with the database alone finds out whose an anonymous pair is: by its key, by comparing
// two messages, or by hashing all users without the secret.
func TestPseudonyms(t *testing.T) {
	keys, others := newPseudonyms([]string{"a secret"}), newPseudonyms([]string{"another secret"})
	of := func(p pseudonyms, msgSeq uint64, user string) string {
		t.Helper()
		record := &kv.Record{Ref: kv.Ref{GroupID: "hall", MsgSeq: msgSeq}, AnonymousKey: p.current()}
		key, err := p.of(record, user)
		if err != nil || !isPseudonym(key) || strings.Contains(key, user) {
			t.Fatalf("%q: %q %v", user, key, err)
		}
		return key
	}
	ann := of(keys, 1, "ann")
	if ann != of(keys, 1, "ann") {
		t.Error("one user has two keys on a message")
	}
	for what, key := range map[string]string{
		"another user": of(keys, 1, "bob"), "another message": of(keys, 2, "ann"), "another app": of(others, 1, "ann"),
	} {
		if key == ann {
			t.Error("the same key for ", what)
		}
	}
	// After a change of the secret an older message keeps its keys, as long as the hub has the old
	// one.
	record := &kv.Record{Ref: kv.Ref{GroupID: "hall", MsgSeq: 1}, AnonymousKey: keys.current()}
	if key, err := newPseudonyms([]string{"another secret", "a secret"}).of(record, "ann"); key != ann || err != nil {
		t.Errorf("after a change of the secret: %q %v", key, err)
	}
	if key, err := others.of(record, "ann"); err == nil {
		t.Errorf("without the secret: %q", key)
	}
	for _, key := range []string{"", "~", "ann", "~ann", ann + "x", ann[1:]} {
		if isPseudonym(key) {
			t.Errorf("%q passes for a pseudonym", key)
		}
	}
}
