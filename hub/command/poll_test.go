package command

import (
	"errors"
	"testing"
	"time"

	"exthub/hub/refusal"
	"exthub/kv"
	"exthub/kv/ballot"
	"exthub/kv/kvtest"
)

// On a store with copies a close on time could be overtaken by votes, so it is refused there, when
// a message is sent and later.
func TestNoTimedCloseOnCopies(t *testing.T) {
	store, err := kv.Open(t.Context(), kvtest.NewCluster(t, 3).Connect(t), kv.Options{Replicas: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	c := New(store, Options{Now: time.Now})
	soon := time.Now().Unix() + 60
	_, sent := c.SendMessage(t.Context(), Caller{UserID: "ann"}, SendMessage{
		To: "bob", Type: "TIMTextElem", Payload: Payload{Text: "?"}, IsSupportExtension: true,
		Rules: &ballot.Rules{CloseAt: soon},
	})
	_, moved := c.CloseExtensions(t.Context(), Caller{UserID: "ann"}, CloseExtensions{"c.ann.bob.1_2_3", &soon})
	for field, err := range map[string]error{"extensionRules.closeAt": sent, "closeAt": moved} {
		var refused *refusal.Error
		if !errors.As(err, &refused) || refused.Code != refusal.BadParameter || refused.Fields[0] != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}
