package webhook_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"exthub/hub"
	"exthub/hub/hubtest"
	"exthub/hub/webhook"
	"exthub/kv"
	"exthub/kv/kvtest"
)

const webhookSecret = "a secret between the hub and the backend"

// object is the body of a call.
type object = hubtest.Object

// Commands of the REST door.
const (
	createGroup = "group_open_http_svc/create_group"
	setC2C      = "openim_msg_ext_http_svc/set_key_values"
	getC2C      = "openim_msg_ext_http_svc/get_key_values"
	recall      = "group_open_http_svc/group_msg_recall"
)

// pair is a pair of a call or of a callback.
type pair struct {
	Key, Value string
	Seq        uint64
}

// callback is what a receiver is told.
type callback struct {
	raw             string
	CallbackCommand string
	From_Account    string
	To_Account      string
	MsgKey          string
	GroupId         string
	MsgSeq          int
	OperateType     int
	ExtensionList   []pair
	Seq             uint64
	EventTime       int64
}

func (c callback) message() string {
	return fmt.Sprint(c.From_Account, c.To_Account, c.MsgKey, c.GroupId, c.MsgSeq)
}

// receiver is a backend that takes callbacks, or is in trouble.
type receiver struct {
	t      *testing.T
	server *httptest.Server

	mu      sync.Mutex
	down    bool
	refused int
	taken   []callback
	seen    chan struct{} // something was taken or refused
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{t: t, seen: make(chan struct{}, 1)}
	r.server = httptest.NewServer(r)
	t.Cleanup(r.server.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		r.t.Error(err)
	}
	c := callback{raw: string(body)}
	if err := json.Unmarshal(body, &c); err != nil {
		r.t.Errorf("%v in %s", err, body)
	}
	query := request.URL.Query()
	signature := webhook.Sign(webhookSecret, request.Header.Get(webhook.TimestampHeader), body)
	if request.Method != http.MethodPost || query.Get("SdkAppid") != fmt.Sprint(hubtest.AppID) ||
		query.Get("CallbackCommand") != c.CallbackCommand ||
		query.Get("contenttype") != "json" || query.Get("own") != "kept" ||
		request.Header.Get(webhook.SignatureHeader) != signature {
		r.t.Errorf("%s %s, header %v, body %s", request.Method, request.URL, request.Header, body)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	defer func() {
		select {
		case r.seen <- struct{}{}:
		default:
		}
	}()
	if r.down {
		r.refused++
		r.fail(w, request, r.refused%3)
		return
	}
	r.taken = append(r.taken, c)
	io.WriteString(w, `{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}`)
}

// fail answers in one of the ways of a backend in trouble: it can't, it breaks off, it does not
// answer in time.
func (r *receiver) fail(w http.ResponseWriter, request *http.Request, how int) {
	switch how {
	case 0:
		w.WriteHeader(http.StatusServiceUnavailable)
	case 1:
		panic(http.ErrAbortHandler)
	default:
		r.mu.Unlock()
		<-request.Context().Done()
		r.mu.Lock()
	}
}

func (r *receiver) set(down bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down = down
}

// until waits until what the receiver has seen holds.
func (r *receiver) until(what string, holds func() bool) {
	r.t.Helper()
	timeout := time.After(hubtest.Timeout)
	for {
		r.mu.Lock()
		done := holds()
		r.mu.Unlock()
		if done {
			return
		}
		select {
		case <-r.seen:
		case <-timeout:
			r.t.Fatal("in vain: " + what)
		}
	}
}

// startWebhook starts to send to the receiver and returns the sender and what stops it.
func startWebhook(w *hubtest.World, r *receiver) (*webhook.Sender, func()) {
	w.TB.Helper()
	s, err := webhook.New(w.TB.Context(), w.Store, webhook.Options{
		URL: r.server.URL + "/hook?own=kept", Secret: webhookSecret, SDKAppID: hubtest.AppID,
		Timeout: 50 * time.Millisecond, MinPause: time.Millisecond, MaxPause: 20 * time.Millisecond,
	})
	if err != nil {
		w.TB.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { s.Run(ctx) })
	stop := func() {
		cancel()
		running.Wait()
	}
	w.TB.Cleanup(stop)
	return s, stop
}

// TestDelivery: when pairs change through either door, the receiver is told in the shape that the
// reference gives, byte for byte.
func TestDelivery(t *testing.T) {
	w, r := hubtest.Start(t), newReceiver(t)
	sender, _ := startWebhook(w, r)
	ada, b := w.Login("ada"), w.Backend()
	b.Must(createGroup, object{"Type": "Public", "Name": "club", "GroupId": "club", "Owner_Account": "ada"}, nil)
	key, seq := b.SendC2C("ada", "bo", 12), b.SendGroup("club", 1)
	letter := func(operate int, items ...object) object {
		return object{"From_Account": "ada", "To_Account": "bo", "MsgKey": key, "OperateType": operate,
			"ExtensionList": items}
	}
	told := 0
	expect := func(format string, args ...any) {
		t.Helper()
		told++
		r.until(fmt.Sprintf("callback %d", told), func() bool { return len(r.taken) == told })
		got := r.taken[told-1]
		if age := time.Since(time.UnixMilli(got.EventTime)); age < 0 || age > time.Minute {
			t.Errorf("EventTime is %v ago", age)
		}
		text := strings.Replace(got.raw, fmt.Sprintf(`,"PurgedSeq":0,"EventTime":%d}`, got.EventTime), "", 1)
		if diff := cmp.Diff(fmt.Sprintf(format, args...), text); diff != "" {
			t.Errorf("callback %d (-want +got):\n%s", told, diff)
		}
	}
	pairs := func(list ...pair) string { return string(must(json.Marshal(list))) }
	from := fmt.Sprintf(`{"CallbackCommand":"C2C.CallbackAfterC2CMsgExtension","From_Account":"ada",`+
		`"To_Account":"bo","MsgKey":%q`, key)

	var got struct {
		ExtensionList []struct{ Extension pair }
	}
	b.Must(setC2C, letter(1, object{"Key": "k1", "Value": "<1>"}, object{"Key": "k2", "Value": "2"}), &got)
	first := got.ExtensionList[0].Extension.Seq
	two := fmt.Sprintf(`[{"Key":"k1","Value":"<1>","Seq":%d},{"Key":"k2","Value":"2","Seq":%d}]`, first, first+1)
	expect(from+`,"OperateType":1,"ExtensionList":%s,"Seq":%d`, two, first+1)

	mine, _ := ada.Set("c.ada.bo."+key, "ada", "3", 0)
	expect(from+`,"OperateType":1,"ExtensionList":%s,"Seq":%d`, pairs(pair{"ada", "3", mine.Seq}), mine.Seq)

	b.Must(setC2C, letter(2, object{"Key": "k2"}), &got)
	gone := got.ExtensionList[0].Extension.Seq
	expect(from+`,"OperateType":2,"ExtensionList":%s,"Seq":%d`, pairs(pair{"k2", "", gone}), gone)

	b.Must(setC2C, letter(3), nil)
	var page struct{ ClearSeq uint64 }
	b.Must(getC2C, letter(0), &page)
	expect(from+`,"OperateType":3,"ExtensionList":[],"Seq":%d`, page.ClearSeq)

	mine, _ = ada.Set(fmt.Sprint("g.club.", seq), "ada", "1", 0)
	expect(`{"CallbackCommand":"Group.CallbackAfterGroupMsgExtension","GroupId":"club","MsgSeq":%d,"OperateType":1,`+
		`"ExtensionList":%s,"Seq":%d`,
		seq, pairs(pair{"ada", "1", mine.Seq}), mine.Seq)

	ada.Must("revokeMessage", object{"messageID": "c.ada.bo." + key}, nil)
	b.Must(recall, object{"GroupId": "club", "MsgSeqList": []object{{"MsgSeq": seq}}}, nil)
	from = fmt.Sprintf(`{"CallbackCommand":"C2C.CallbackAfterMsgWithDraw","From_Account":"ada","To_Account":"bo",`+
		`"MsgKey":%q,"Operator_Account":"ada"`, key)
	atGroup := fmt.Sprintf(`{"CallbackCommand":"Group.CallbackAfterRecallMsg","GroupId":"club",`+
		`"MsgSeqList":[{"MsgSeq":%d}],"Operator_Account":"admin"`, seq)
	told += 2
	r.until("both recalls", func() bool { return len(r.taken) == told })
	for _, got := range r.taken[told-2:] {
		want := map[bool]string{true: from, false: atGroup}[got.GroupId == ""]
		if !strings.HasPrefix(got.raw, want) || got.Seq <= mine.Seq || got.OperateType != 0 {
			t.Errorf("%s, want %s", got.raw, want)
		}
	}
	// The last may be about to be counted.
	if got := metric(t, sender, "exthub_webhook_requests_total"); got < float64(told-1) {
		t.Errorf("%v requests are counted, %d were taken", got, told)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// metric returns the sum of all values under a name.
func metric(t *testing.T, c prometheus.Collector, name string) (sum float64) {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(c)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			for _, m := range f.GetMetric() {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
			return sum
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}

// TestOutage: a receiver that was away under load and over a restart of the hub is told the newest
// value or deletion of every pair that changed, of each message in the order of Seq, and the hub
// was never slower for it.
func TestOutage(t *testing.T) {
	nc, r := kvtest.Server(t), newReceiver(t)
	w := hubtest.StartOn(t, nc, func(o *hub.Options) { o.MaxExtensions = 1000 })
	_, stop := startWebhook(w, r)
	b := w.Backend()
	var keys []string
	for i := range 6 {
		keys = append(keys, b.SendC2C("ada", "bo", i))
	}
	calm := load(b, keys, 0)
	r.until("calls before the outage", func() bool { return len(r.taken) >= len(keys) })

	r.set(true)
	busy := load(b, keys, 1)
	r.until("calls during the outage", func() bool { return r.refused > 5 })
	stop()
	w.Stop()
	w = hubtest.StartOn(t, nc, func(o *hub.Options) { o.MaxExtensions = 1000 })
	sender, _ := startWebhook(w, r)
	b = w.Backend()
	busy = max(busy, load(b, keys, 2))
	refused := 0
	r.until("calls of the second hub", func() bool {
		refused = max(refused, r.refused)
		return r.refused > refused+5 || refused > 20
	})
	behind := metric(t, sender, "exthub_webhook_pending_changes")
	if behind == 0 {
		t.Error("nothing is said to be pending while the receiver is down")
	}
	r.set(false)

	r.until("the newest of every pair", func() bool { return r.complete(w.Store) })
	for deadline := time.Now().Add(hubtest.Timeout); metric(t, sender, "exthub_webhook_pending_changes") > 0; {
		if time.Now().After(deadline) {
			t.Fatal("the receiver has everything, but something is said to be pending")
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inOrder()
	t.Logf("%d changes were pending; the load took %v in calm, %v during the outage; %d calls taken, %d refused",
		int(behind), calm, busy, len(r.taken), r.refused)
}

// load changes pairs of every message, sets and deletions and a clear, and returns how long it
// took.
func load(b *hubtest.Backend, keys []string, round int) time.Duration {
	began := time.Now()
	var all sync.WaitGroup
	for i, key := range keys {
		all.Go(func() {
			message := object{"From_Account": "ada", "To_Account": "bo", "MsgKey": key}
			change := func(operate int, items ...object) {
				message["OperateType"], message["ExtensionList"] = operate, items
				if e, reply := b.Call(setC2C, message); e.ErrorCode != 0 {
					b.TB.Errorf("%s", reply)
				}
			}
			for n := range 20 {
				change(1, object{"Key": fmt.Sprint("k", n%11), "Value": fmt.Sprint(round, n)},
					object{"Key": fmt.Sprint("r", round, n), "Value": "v"})
				if n%3 == 0 {
					change(2, object{"Key": fmt.Sprint("k", n%7)})
				}
				if i%2 == 1 && n == 12 {
					change(3)
				}
			}
		})
	}
	all.Wait()
	return time.Since(began)
}

// complete reports whether the receiver knows every pair of the store as it is, if it does with
// what it was told as the protocol says. The caller holds r.mu.
func (r *receiver) complete(s *kv.Store) bool {
	told := make(map[string]pair)
	cleared := make(map[string]uint64)
	messages := make(map[string]kv.Ref)
	for _, c := range r.taken {
		id := c.message()
		messages[id] = kv.Ref{From: c.From_Account, To: c.To_Account, MsgKey: c.MsgKey}
		if c.OperateType == 3 {
			cleared[id] = max(cleared[id], c.Seq)
		}
		for _, p := range c.ExtensionList {
			if old := told[id+" "+p.Key]; old.Seq < p.Seq {
				told[id+" "+p.Key] = p
			}
		}
	}
	complete := true
	for id, ref := range messages {
		err := s.Read(r.t.Context(), ref, 0, func(m *kv.Message) {
			complete = complete && m.ClearSeq() == cleared[id]
			for _, p := range m.Pairs(1) {
				is := told[id+" "+p.Key]
				if is.Seq <= cleared[id] {
					is = pair{p.Key, "", p.Seq}
				}
				complete = complete && is == pair{p.Key, p.Value, p.Seq} && p.Deleted == (p.Value == "")
			}
		})
		if err != nil {
			r.t.Error(err)
		}
	}
	return complete
}

// inOrder checks that what was told of a message rises in Seq, and that what did not was told
// before.
func (r *receiver) inOrder() {
	last := make(map[string]uint64)
	known := make(map[string][]pair)
	for _, c := range r.taken {
		id := c.message()
		if c.Seq <= last[id] && slices.ContainsFunc(c.ExtensionList,
			func(p pair) bool { return !slices.Contains(known[id], p) }) {
			r.t.Errorf("message %s: %d after %d, with something new: %v", id, c.Seq, last[id], c.ExtensionList)
		}
		last[id] = max(last[id], c.Seq)
		known[id] = append(known[id], c.ExtensionList...)
		if !slices.IsSortedFunc(c.ExtensionList, func(a, b pair) int { return int(a.Seq) - int(b.Seq) }) {
			r.t.Errorf("message %s: %v", id, c.ExtensionList)
		}
		if n := len(c.ExtensionList); n > 0 && c.ExtensionList[n-1].Seq != c.Seq || n == 0 && c.OperateType != 3 {
			r.t.Errorf("message %s: Seq %d of type %d with %v", id, c.Seq, c.OperateType, c.ExtensionList)
		}
	}
}
