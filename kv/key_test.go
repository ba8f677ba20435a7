package kv

import (
	"testing"

	"exthub/kv/bucket"
)

// FuzzKey looks for two keys that mean the same, and for one that is taken for another's: somebody
// who may choose names would write into what is not theirs. Made from parts, a key comes apart into
// them; any other is taken apart into parts that make it again, or refused.
func FuzzKey(f *testing.F) {
	for _, parts := range [][4]string{
		{"ann", "bob", "1_2_3", "k"}, {"a.b", "c d*>", "=3D", "_"}, {"用户", "\xff", "u.x", "a.b"},
		{"_", "c", "g", ""},
	} {
		f.Add(parts[0], parts[1], parts[2], parts[3], uint64(7), "g.team._.u.ann")
	}
	for _, key := range []string{
		bucket.OwnKey, "a.ann", "a.=zz", "u.ann.team", "c.a.b.1.m", "c.a.b.1", "g.team.1.x.k", "g.team.01.m",
		"g.team._.u.=zz", "g._._.i", "g.team._", "c.a.b._.m", "",
	} {
		f.Add("ann", "bob", "1", "k", uint64(1), key)
	}
	f.Fuzz(func(t *testing.T, from, to, msgKey, pair string, msgSeq uint64, foreign string) {
		checkKey(t, foreign)
		if from == "" || to == "" || msgKey == "" || pair == "" {
			return
		}
		letter, post := Ref{From: from, To: to, MsgKey: msgKey}, Ref{GroupID: from, MsgSeq: msgSeq}
		token := encodeToken(pair)
		for key, want := range map[string]parsedKey{
			string(letter.ID()) + ".m":             {object: string(letter.ID()), suffix: "m", ref: letter},
			string(post.ID()) + ".x." + token:      {object: string(post.ID()), suffix: "x." + token, ref: post},
			groupObject(from) + ".i":               {object: groupObject(from), suffix: "i", ref: Ref{GroupID: from}},
			accountPrefix + token:                  {account: pair},
			"u." + token + "." + encodeToken(from): {},
			groupObject(from) + ".u." + token: {
				object: groupObject(from), suffix: "u." + token, ref: Ref{GroupID: from}, user: pair,
			},
		} {
			if got, err := parseKey(key); err != nil || got != want {
				t.Errorf("%q comes apart as %+v, %v", key, got, err)
			}
			checkKey(t, key)
		}
		if name, err := pairKey("x." + token); err != nil || name != pair {
			t.Errorf("the pair %q came back as %q, %v", pair, name, err)
		}
	})
}

// checkKey checks that what a key is taken apart into makes the key again.
func checkKey(t *testing.T, key string) {
	t.Helper()
	at, err := parseKey(key)
	var again string
	switch {
	case err != nil || at == (parsedKey{}):
		return
	case at.account != "":
		again = accountPrefix + encodeToken(at.account)
	case at.object == groupObject(at.ref.GroupID) && at.user != "":
		again = groupObject(at.ref.GroupID) + ".u." + encodeToken(at.user)
	case at.object == groupObject(at.ref.GroupID):
		again = groupObject(at.ref.GroupID) + "." + at.suffix
	default:
		again = string(at.ref.ID()) + "." + at.suffix
	}
	if again != key {
		t.Errorf("%q and %q mean the same, %+v", key, again, at)
	}
}
