package webhook_test

import (
	"fmt"
	"strings"
	"testing"

	"exthub/hub/hubtest"
)

// A backend is told of a close, and of what the rules hide from everybody it is told no more than
// an app admin is shown.
func TestDeliveryOfPolls(t *testing.T) {
	w, r := hubtest.Start(t), newReceiver(t)
	startWebhook(w, r)
	ada, b := w.Login("ada"), w.Backend()
	b.Must(createGroup, object{"Type": "Public", "Name": "club", "GroupId": "club", "Owner_Account": "ada"}, nil)
	told := 0
	for seq, show := range []string{"pairs", "summary"} {
		b.Must("group_open_http_svc/send_group_msg", object{
			"GroupId": "club", "From_Account": "ada", "SupportMessageExtension": 1, "MsgBody": hubtest.TextBody("?"),
			"ExtensionRules": object{
				"Write": "own", "Show": show, "Reveal": "never", "Questions": []object{{"Choices": 3}},
			},
		}, nil)
		id := fmt.Sprint("g.club.", seq+1)
		vote, _ := ada.Set(id, "ada", "2", 0)
		var closed struct{ Summary struct{ ClosedSeq uint64 } }
		list := ""
		if show == "pairs" {
			list = fmt.Sprintf(`{"Key":"ada","Value":"2","Seq":%d}`, vote.Seq)
		}
		summary := fmt.Sprintf(`"Summary":{"Pairs":1,"Answers":[[0,1,0]],"LatestSeq":%d`, vote.Seq)
		expect := func(operate int, list string, seq uint64) {
			t.Helper()
			told++
			r.until(fmt.Sprintf("callback %d", told), func() bool { return len(r.taken) == told })
			got := r.taken[told-1].raw
			want := fmt.Sprintf(`"OperateType":%d,"ExtensionList":[%s],"Seq":%d,`, operate, list, seq)
			if !strings.Contains(got, want) || !strings.Contains(got, summary) {
				t.Errorf("show %s: told %s, want %s and %s", show, got, want, summary)
			}
		}
		expect(1, list, vote.Seq)
		ada.Must("closeMessageExtensions", object{"messageID": id}, &closed)
		expect(4, "", closed.Summary.ClosedSeq)
	}
}
